"""What a project or an environment detects, mapped to ATT&CK. `build` is pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.front.attack import load_attack
from tocsin.front.project import Project
from tocsin.ir.query import Resolved
from tocsin.model.attack import Attack, Tactic, Technique, tagged
from tocsin.model.source import Source
from tocsin.release.entry import Entry
from tocsin.report.deployed import ReleaseInQuestion, Since
from tocsin.state.lock import Lock


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One detection. `version` is 0 if unknown, `mode` empty if it is not deployed.

    `techniques` are ids that this version of ATT&CK has; `other` the ids it does not have.
    `counts` tells whether it is part of the coverage: in an environment, only what is live.
    """

    id: str
    key: str
    title: str
    level: str
    status: str
    owner: str
    source: str
    logsource: str
    techniques: tuple[str, ...]
    other: tuple[str, ...]
    controls: tuple[str, ...]
    version: int
    cases: int
    mode: str = ""
    since: Since | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class TechniqueCell:
    """A technique and the ids of the detections that name it or one of its sub-techniques."""

    technique: Technique
    detections: tuple[str, ...]
    parts: tuple[TechniqueCell, ...] = ()

    @property
    def own(self) -> tuple[str, ...]:
        """The detections that name no sub-technique of it."""
        folded = {id_ for part in self.parts for id_ in part.detections}
        return tuple(id_ for id_ in self.detections if id_ not in folded)

    @property
    def covered_parts(self) -> tuple[TechniqueCell, ...]:
        """The sub-techniques that have a detection."""
        return tuple(part for part in self.parts if part.detections)


@dataclass(frozen=True, slots=True)
class TacticColumn:
    """A tactic with its techniques, most detections first."""

    tactic: Tactic
    cells: tuple[TechniqueCell, ...]

    @property
    def covered(self) -> int:
        """How many of its techniques have a detection."""
        return sum(1 for cell in self.cells if cell.detections)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source and what hangs on it."""

    name: str
    title: str
    description: str
    topic: str
    table: str
    detections: int
    techniques: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole report. `environment` is empty for a project; `release` is then 0."""

    project: str
    attack: Attack
    rows: tuple[CoverageRow, ...]
    columns: tuple[TacticColumn, ...]
    sources: tuple[SourceRow, ...]
    environment: str = ""
    release: int = 0
    made: str = ""
    at: str = ""

    @property
    def counted(self) -> tuple[CoverageRow, ...]:
        """The detections that are part of the coverage."""
        return tuple(row for row in self.rows if row.counts)

    @property
    def cells(self) -> tuple[TechniqueCell, ...]:
        """Every technique once, by id."""
        every = {cell.technique.id: cell for column in self.columns for cell in column.cells}
        return tuple(every[id_] for id_ in sorted(every))

    @property
    def covered(self) -> tuple[TechniqueCell, ...]:
        """The techniques that have a detection, by id."""
        return tuple(cell for cell in self.cells if cell.detections)


def build(project: Project, lock: Lock, deployed: ReleaseInQuestion | None = None) -> Coverage:
    """The coverage of a project as it lies there, or of a release.

    A release speaks for itself: title, level, owner, tags and cases are those recorded in it. The
    project adds log sources, and (unless a date was asked for) what is not deployed.
    """
    attack, queries = load_attack(), [query for query in project.queries if query.alerts]
    rows = (
        _release(deployed, queries, attack, lock)
        if deployed
        else [_of_query(query, attack, lock) for query in queries]
    )
    counted = [row for row in rows if row.counts]
    release = deployed.release if deployed else None
    return Coverage(
        project=project.settings.project.name,
        attack=attack,
        rows=tuple(sorted(rows, key=lambda row: (row.title.casefold(), row.key))),
        columns=_columns(attack, counted),
        sources=_sources(project.sources, counted),
        environment=release.environment if release else "",
        release=release.number if release else 0,
        made=release.made if release else "",
        at=deployed.at if deployed else "",
    )


def _release(
    deployed: ReleaseInQuestion, queries: Sequence[Resolved], attack: Attack, lock: Lock
) -> list[CoverageRow]:
    known = {query.detection.id: query for query in queries}
    entries = [e for e in deployed.release.entries if not e.beside]
    rows = [_of_entry(e, known.get(e.id), attack, deployed.since.get(e.id)) for e in entries]
    if deployed.at:
        return rows
    there = {entry.id for entry in entries}
    absent = (query for query in queries if query.detection.id not in there)
    return rows + [_of_query(query, attack, lock, counts=False) for query in absent]


def _of_query(query: Resolved, attack: Attack, lock: Lock, *, counts: bool = True) -> CoverageRow:
    detection, meta = query.detection, query.detection.meta
    techniques, other = techniques_of(meta.tags, attack)
    locked = detection.id in lock.lines
    return CoverageRow(
        id=detection.id,
        key=detection.key,
        title=meta.title,
        level=meta.level,
        status=meta.status,
        owner=meta.owner,
        source=query.source.name,
        logsource=_logsources(query),
        techniques=techniques,
        other=other,
        controls=meta.controls,
        version=lock.version(detection.id, query.logic) if locked else 0,
        cases=len(detection.cases),
        counts=counts,
    )


def _of_entry(
    entry: Entry, query: Resolved | None, attack: Attack, since: Since | None
) -> CoverageRow:
    techniques, other = techniques_of(entry.tags, attack)
    return CoverageRow(
        id=entry.id,
        key=entry.key,
        title=entry.title,
        level=entry.level,
        status=entry.status,
        owner=entry.owner,
        source=entry.source,
        logsource=_logsources(query) if query else "",
        techniques=techniques,
        other=other,
        controls=entry.controls,
        version=entry.version,
        cases=entry.cases,
        mode=entry.mode,
        since=since,
        counts=entry.mode == "live",
    )


def _logsources(query: Resolved) -> str:
    return " + ".join(sorted({str(each.detection.logsource) for each in query.events}))


def techniques_of(tags: Iterable[str], attack: Attack) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Technique ids in the tags, each once: those that ATT&CK has, those that it does not."""
    named = tagged(tags)
    return (
        tuple(id_ for id_ in named if attack.technique(id_)),
        tuple(id_ for id_ in named if not attack.technique(id_)),
    )


def _columns(attack: Attack, rows: Iterable[CoverageRow]) -> tuple[TacticColumn, ...]:
    cells = _cells(attack, rows)
    return tuple(
        TacticColumn(tactic, tuple(c for c in cells if tactic.shortname in c.technique.tactics))
        for tactic in attack.tactics
    )


def _cells(attack: Attack, rows: Iterable[CoverageRow]) -> list[TechniqueCell]:
    """One for each technique, its sub-techniques folded in; most detections first."""
    named: dict[str, dict[str, None]] = {}
    for row in rows:
        for id_ in row.techniques:
            named.setdefault(id_, {})[row.id] = None
    parts: dict[str, list[TechniqueCell]] = {}
    for technique in attack.techniques.values():
        if technique.parent != technique.id:
            cell = TechniqueCell(technique, tuple(named.get(technique.id, ())))
            parts.setdefault(technique.parent, []).append(cell)
    whole = [t for t in attack.techniques.values() if t.parent == t.id]
    cells = [_folded(t, named.get(t.id, {}), parts.get(t.id, [])) for t in whole]
    return sorted(cells, key=lambda cell: (-len(cell.detections), cell.technique.name))


def _folded(
    technique: Technique, own: Iterable[str], parts: Sequence[TechniqueCell]
) -> TechniqueCell:
    every = dict.fromkeys([*own, *(id_ for part in parts for id_ in part.detections)])
    return TechniqueCell(technique, tuple(every), tuple(parts))


def _sources(sources: Mapping[str, Source], rows: Sequence[CoverageRow]) -> tuple[SourceRow, ...]:
    """The declared sources and those that a release names."""
    names = sorted({*sources, *(row.source for row in rows)})
    return tuple(_source(name, sources.get(name), rows) for name in names)


def _source(name: str, source: Source | None, rows: Iterable[CoverageRow]) -> SourceRow:
    mine = [row for row in rows if row.source == name]
    return SourceRow(
        name=name,
        title=(source.title if source else "") or name,
        description=source.description if source else "",
        topic=source.topic if source else "",
        table=source.table if source else "",
        detections=len(mine),
        techniques=len({id_ for row in mine for id_ in row.techniques}),
    )
