"""Sources that come with Tocsin: lists them, and writes one into a project."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from tocsin.diagnostics import near
from tocsin.errors import ConfigError
from tocsin.front.sources import read_source, read_sources
from tocsin.model.source import LogSource, Source

_WHEEL = Path(str(files("tocsin.app"))) / "shipped_sources"
_CHECKOUT = Path(__file__).parents[3] / "detections" / "sources"


@dataclass(frozen=True, slots=True)
class ShippedSource:
    """A source, and the file that declares it."""

    file: Path
    source: Source

    def as_json(self) -> dict[str, Any]:
        """The object that `source list --format json` prints."""
        source = self.source
        return {
            "name": source.name,
            "title": source.title,
            "description": source.description,
            "logsources": [_given(served.logsource) for served in source.serves],
            "fields": len(source.columns),
        }


def shipped_names() -> list[str]:
    """Their names, which are those of the files."""
    return sorted(_files())


def shipped_sources() -> list[ShippedSource]:
    """All of them, by name."""
    return [_read(file) for _, file in sorted(_files().items())]


def add_source(root: Path, name: str) -> tuple[Path, Source]:
    """Write one into the project's `sources/`; existing files are not overwritten."""
    shipped = _read(_known(name))
    file = root / "sources" / shipped.file.name
    _refuse_taken(root, file, name)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(shipped.file.read_bytes())
    return file, shipped.source


def _files() -> dict[str, Path]:
    folder = _WHEEL if _WHEEL.is_dir() else _CHECKOUT
    return {file.stem: file for file in folder.glob("*.yml")}


@cache
def _read(file: Path) -> ShippedSource:
    source, wrong = read_source(file)
    if source is None:
        raise RuntimeError(f"a source that is shipped has errors: {wrong}")
    return ShippedSource(file, source)


def _known(name: str) -> Path:
    found = _files()
    if name in found:
        return found[name]
    within = next((each for each in sorted(found) if name and name in each), "")
    close = near(name, found) or within
    hint = f"did you mean {close!r}?" if close else f"there are {', '.join(sorted(found))}"
    raise ConfigError(f"no source {name!r} comes with Tocsin", hint=hint)


def _refuse_taken(root: Path, file: Path, name: str) -> None:
    if file.exists() or file.is_symlink():
        hint = "it is left as it is; move it away to start anew"
        raise ConfigError(f"{file} exists", hint=hint, file=file)
    if name in read_sources(root / "sources")[0]:
        raise ConfigError(f"the project has a source {name} in another file of {file.parent}")


def _given(triple: LogSource) -> dict[str, str]:
    parts = {"product": triple.product, "category": triple.category, "service": triple.service}
    return {key: value for key, value in parts.items() if value}
