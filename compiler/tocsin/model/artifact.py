"""What a backend compiles a detection to, and what an engine reports as matches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.canonical import digest_bytes
from tocsin.model.source import Source

Event = Mapping[str, Any]
"""A decoded event that is only read."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """The compiled form of one detection: bytes that are deployed as they are.

    `suffix` is the file's ending (`sql`, `json`). Nothing of the description goes into `body`.
    A correlation says which `sources` it reads and the names of its group's keys, in order; its
    stream is never mixed with another job's.
    """

    detection: str
    key: str
    backend: str
    source: str
    logic: str
    suffix: str
    body: bytes
    sources: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()

    @property
    def stateful(self) -> bool:
        """Whether it correlates events."""
        return bool(self.sources)

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes."""
        return digest_bytes(self.body)

    @property
    def path(self) -> str:
        """Where it lies in a ledger or an output folder: `<backend>/<source>/<key>.<suffix>`."""
        return f"{self.backend}/{self.source}/{self.key}.{self.suffix}"


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A detection (by id) matched the event with this 0-based number.

    `group`: values of a correlation's group-by, whose last event this is.
    """

    detection: str
    event: int
    group: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WindowRow:
    """An event of a group at which a correlation (by id) was judged; times in ms since 1970, UTC.

    `start`: where the window begins if the correlation holds there, else None.
    """

    detection: str
    source: str
    event: int
    time: int
    group: tuple[str, ...]
    start: int | None


@dataclass(frozen=True, slots=True)
class Missed:
    """So many events match a base of a correlation (by id) and do not count, for this reason.

    `first`: the number of the first of them. The reasons are those of `tocsin.ir.stream`.
    """

    detection: str
    reason: str
    events: int
    first: int


@dataclass(frozen=True, slots=True)
class Job:
    """Artifacts and the events to run them on, in order of arrival; every source gets them all."""

    sources: tuple[Source, ...]
    artifacts: tuple[Artifact, ...]
    events: tuple[dict[str, Any], ...] = field(repr=False)

    @property
    def source(self) -> Source:
        """The only source; only correlations may have several."""
        [source] = self.sources
        return source
