"""TOC119: a case whose events have fields that its source does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from tocsin.diagnostics import Diagnostic, Severity, alike
from tocsin.front.project import Project
from tocsin.model.detection import Case, Detection
from tocsin.model.source import Source

CODE = "TOC119"
TITLE = "Field in a case that no source declares"
SEVERITY = Severity.WARNING

Path = tuple[str, ...]
MOST = 100
"""Unknown fields of one detection that are looked at."""
LISTED = 5


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding for each field that looks like a known one, one for all others of a detection."""
    known: dict[tuple[str, ...], _Known] = {}
    for query in (query for query in project.queries if query.detection.cases):
        names = tuple(source.name for source in query.sources)
        if names not in known:
            known[names] = _Known(query.sources)
        yield from _of_detection(query.detection, known[names])


def _of_detection(detection: Detection, known: _Known) -> Iterator[Diagnostic]:
    others: list[str] = []
    first: Case | None = None
    for name, case in islice(_unknown(detection.cases, known), MOST):
        if close := known.meant(name):
            said, hint = (
                f"{case.name}: {known.who} has no field {name!r}",
                f"did you mean {close!r}?",
            )
            yield Diagnostic(CODE, said, case.span, SEVERITY, hint, detection.id)
        else:
            first = first or case
            others.append(repr(name))
    if first:
        listed = ", ".join(others[:LISTED]) + (" …" if others[LISTED:] else "")
        said, hint = (
            f"{first.name}: {known.who} has no field {listed}",
            "declare it in the source, or remove it",
        )
        yield Diagnostic(CODE, said, first.span, Severity.INFO, hint, detection.id)


def _unknown(cases: Iterable[Case], known: _Known) -> Iterator[tuple[str, Case]]:
    """Each unknown field once, with the first case that has it."""
    seen: set[str] = set()
    for case in cases:
        for event in case.events:
            for name in known.unknown(event.body):
                if name not in seen:
                    seen.add(name)
                    yield name, case


class _Known:
    """The fields of some sources, and where they are in events."""

    def __init__(self, sources: Iterable[Source]) -> None:
        given = list(sources)
        columns = [column for source in given for column in source.columns]
        self.who = " and ".join(f"the source {source.name}" for source in given)
        self.but_one: dict[tuple[int, Path], dict[str, str]] = {}
        for name in sorted({column.name for column in columns}):
            for at, part in _but_one(name):
                self.but_one.setdefault(at, {})[part] = name
        self.places = {place for column in columns for place in column.places}
        self.above = {place[:n] for place in self.places for n in range(len(place))}

    def unknown(self, value: Any, path: Path = ()) -> Iterator[str]:
        """Names of what stands at no place of a field, and not above one."""
        if path in self.above and isinstance(value, dict):
            for key, below in value.items():
                yield from self.unknown(below, (*path, key))
        elif path not in self.places and path not in self.above:
            yield ".".join(path)

    def meant(self, name: str) -> str:
        """The field that this one is but for a slip in one part; or nothing."""
        for at, part in _but_one(name):
            others = self.but_one.get(at, {})
            if close := alike(part, others):
                return others[close]
        return ""


def _but_one(name: str) -> Iterator[tuple[tuple[int, Path], str]]:
    """Each part of a dotted name: its place and the other parts, and itself; in lower case."""
    parts = tuple(name.lower().split("."))
    for n, part in enumerate(parts):
        yield (n, (*parts[:n], *parts[n + 1 :])), part
