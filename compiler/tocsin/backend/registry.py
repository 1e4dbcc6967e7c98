"""Backends by name, found through the entry point group `tocsin.backends`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.backend.base import Backend, ExtraEngine
from tocsin.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from tocsin.backend.streaming import EnvironmentBackend, StreamBackend

GROUP = "tocsin.backends"


def _points(name: str = "*") -> list[EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to load

    return [point for point in entry_points(group=GROUP) if name in ("*", point.name)]


@cache
def names() -> tuple[str, ...]:
    """Names of all installed backends, sorted."""
    return tuple(sorted(point.name for point in _points()))


@cache
def load(name: str) -> Backend:
    """The backend of this name."""
    for point in _points(name):
        try:
            backend: Backend = point.load()()
        except (ImportError, AttributeError) as error:
            hint = f"its entry point is {point.value}; is the package installed completely?"
            raise ConfigError(f"cannot load backend {name!r}: {error}", hint=hint) from None
        return backend
    raise ConfigError(f"no backend {name!r}", hint=f"installed backends: {', '.join(names())}")


@cache
def code() -> tuple[Path, ...]:
    """The packages and modules with the code of all backends. Loads none of them."""
    roots = {point.module.split(".")[0] for point in _points()}
    specs = (find_spec(root) for root in sorted(roots))
    files = [Path(spec.origin) for spec in specs if spec and spec.origin]
    return tuple(file.parent if file.name == "__init__.py" else file for file in files)


@cache
def engines() -> tuple[str, ...]:
    """Engines of the installed backends that load."""
    return tuple(_engines()[0])


def by_engine(engine: str) -> Backend:
    """The backend whose artifacts run on this engine (`duckdb`, `flink`, `kafka`)."""
    found, broken = _engines()
    if engine not in found:
        raise ConfigError(f"no backend for engine {engine!r}", hint=broken)
    return found[engine]


def missing(engine: str) -> str:
    """Why this engine cannot run here, as its backend says; or nothing."""
    backend = by_engine(engine)
    return backend.missing() if isinstance(backend, ExtraEngine) else ""


def streaming(name: str) -> StreamBackend | None:
    """The backend of this name, if it runs detections continuously."""
    from tocsin.backend.streaming import StreamBackend  # noqa: PLC0415 - slow to load

    backend = load(name)
    return backend if isinstance(backend, StreamBackend) else None


@cache
def in_workers(name: str) -> bool:
    """Whether Tocsin's workers match what this backend has compiled."""
    backend = streaming(name)
    return backend is not None and backend.in_workers


@cache
def packing() -> frozenset[str]:
    """Backends that put the parts of a source's detections into one pack."""
    from tocsin.backend.streaming import StreamBackend  # noqa: PLC0415 - slow to load

    found = _engines()[0].values()
    return frozenset(b.name for b in found if isinstance(b, StreamBackend) and b.packs)


@cache
def engines_with_packs() -> tuple[str, ...]:
    """Engines on which `tocsin scan` has a choice between statements and a pack."""
    from tocsin.backend.forms import PackBackend  # noqa: PLC0415 - slow to load

    return tuple(name for name, each in _engines()[0].items() if isinstance(each, PackBackend))


@cache
def kinds() -> Mapping[str, EnvironmentBackend]:
    """Kinds of environments that installed backends declare, each with its backend."""
    from tocsin.backend.streaming import EnvironmentBackend  # noqa: PLC0415 - slow to load

    found: dict[str, EnvironmentBackend] = {}
    for name in names():
        with suppress(ConfigError):  # told where it is asked for by name
            backend = load(name)
            if isinstance(backend, EnvironmentBackend):
                found.setdefault(backend.kind, backend)
    return found


@cache
def _engines() -> tuple[dict[str, Backend], str]:
    """Backends by engine, and what is wrong with one that does not load."""
    found: dict[str, Backend] = {}
    broken = ""
    for name in names():
        try:
            backend = load(name)
        except ConfigError as error:
            broken = error.message
        else:
            found.setdefault(backend.engine, backend)
    return found, broken
