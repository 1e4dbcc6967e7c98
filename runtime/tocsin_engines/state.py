"""What is known of an instance: one JSON file, `instance.json`, in the instance's folder."""

import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from tocsin import files
from tocsin.errors import EngineError
from tocsin_engines.locks import exclusive
from tocsin_engines.places import state_root

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)


class Child(BaseModel):
    """A started process. `created` (seconds since the epoch) tells it from a later one."""

    model_config = ConfigDict(frozen=True)

    role: str
    pid: int
    created: float
    log: Path


class EngineState(BaseModel):
    """A started engine: its ports by name and its processes in the order of their start."""

    model_config = ConfigDict(frozen=True)

    ports: dict[str, int]
    children: tuple[Child, ...] = ()


class Instance(BaseModel):
    """A named group of engines that share a folder."""

    model_config = ConfigDict(frozen=True)

    name: str
    folder: Path
    engines: dict[str, EngineState] = {}

    def with_engine(self, engine: str, state: EngineState) -> "Instance":
        """The same instance, with this state of one engine."""
        return self.model_copy(update={"engines": {**self.engines, engine: state}})

    def without(self, engine: str) -> "Instance":
        """The same instance without one engine."""
        rest = {name: state for name, state in self.engines.items() if name != engine}
        return self.model_copy(update={"engines": rest})


def load(name: str) -> Instance:
    """The instance as last saved; one without engines if it was never started."""
    folder = _folder(name)
    file = folder / "instance.json"
    try:
        return Instance.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return Instance(name=name, folder=folder)
    except (ValidationError, OSError) as error:
        raise EngineError(
            f"cannot read the state of the engines: {file}: {_first_line(error)}",
            hint="stop the engines' java processes by hand, then delete the file",
        ) from error


def save(instance: Instance) -> None:
    """Write the state in one step, so that a reader never sees half of it."""
    file = instance.folder / "instance.json"
    try:
        files.replace(file, instance.model_dump_json(indent=2).encode() + b"\n")
    except OSError as error:
        raise _unwritable(instance.folder, error) from error


def forget(name: str) -> None:
    """Delete all that an instance left on disk. The caller holds the lock."""
    folder = _folder(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_name(f"{name}.lock").unlink(missing_ok=True)


def locked(name: str, say: Callable[[str], None]) -> AbstractContextManager[None]:
    """Only one process changes an instance at a time."""
    folder = _folder(name)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.with_name(f"{name}.lock").touch()
    except OSError as error:
        raise _unwritable(folder.parent, error) from error
    busy = f"waiting for another command on the engines {name!r}"
    return exclusive(folder.with_name(f"{name}.lock"), lambda: say(busy))


def _folder(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise EngineError(
            f"not a name for a group of engines: {name!r}",
            hint="use lower-case letters, digits, '-', '_' and '.'",
        )
    return state_root() / name


def _unwritable(folder: Path, error: OSError) -> EngineError:
    return EngineError(
        f"cannot write to {folder}: {error.strerror or error}",
        hint="set TOCSIN_STATE to a folder that you may write to",
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
