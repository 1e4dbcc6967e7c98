"""A detection as its author wrote it, apart from its logic (that is `tocsin.ir`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from tocsin.diagnostics import Span
from tocsin.model.source import LogSource

LevelName = Literal["informational", "low", "medium", "high", "critical"]
LEVELS: tuple[str, ...] = get_args(LevelName)
"""Sigma's levels, the lowest first."""
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000))


def duration(milliseconds: int) -> str:
    """The duration in the largest unit without remainder: `90s`, `2h`."""
    for unit, size in _UNITS:
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


@dataclass(frozen=True, slots=True)
class Expect:
    """What a case expects: number of alerts, which events alert, fields of first and last."""

    alerts: int | None = None
    events: tuple[int, ...] | None = None
    first: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """An event of a case; `at` and `arrives` are milliseconds after the case's start."""

    at: int
    arrives: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A named example: events in, alerts out."""

    name: str
    events: tuple[CaseEvent, ...]
    expect: Expect
    span: Span


@dataclass(frozen=True, slots=True)
class Meta:
    """All that describes a detection without changing what it matches."""

    title: str
    status: str = ""
    level: str = ""
    description: str = ""
    author: str = ""
    date: str = ""
    modified: str = ""
    license: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    owner: str = ""
    controls: tuple[str, ...] = ()

    @property
    def techniques(self) -> tuple[str, ...]:
        """ATT&CK technique ids of the tags, as `T1098` or `T1098.001`."""
        found = (t.removeprefix("attack.") for t in self.tags if t.startswith("attack.t"))
        return tuple(t.upper() for t in found)


@dataclass(frozen=True, slots=True)
class Dedup:
    """Which alerts belong together: equal values of these fields within some time.

    `by`: names of fields, each with its path in an event; an empty path is simply the name.
    """

    by: tuple[tuple[str, tuple[str, ...]], ...]
    for_ms: int

    def __str__(self) -> str:
        return f"{', '.join(name for name, _ in self.by)} for {duration(self.for_ms)}"


@dataclass(frozen=True, slots=True)
class Promotion:
    """When a shadow version may go live: after some time, with at most so many alerts a day."""

    after_ms: int
    max_alerts_per_day: float | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """Identity, description, log source and settings of one detection.

    `key` identifies it in files and tables: the `name`, else the slug of its file, else the id.
    """

    id: str
    key: str
    meta: Meta
    logsource: LogSource
    span: Span
    name: str = ""
    source: str = ""
    deploy: dict[str, str] = field(default_factory=dict)
    dedup: Dedup | None = None
    playbook: str = ""
    cases: tuple[Case, ...] = ()
    promotion: Promotion | None = None
