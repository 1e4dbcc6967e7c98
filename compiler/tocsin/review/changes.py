"""Which detections a change reaches, and what it does to each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from tocsin.cases.judge import CaseVerdict
from tocsin.direction.verdict import MOST_COMPARED, TOO_MANY, Direction
from tocsin.front.attack import load_attack
from tocsin.front.project import Project
from tocsin.ir.query import Resolved
from tocsin.model.detection import Detection, duration
from tocsin.review import weakening
from tocsin.review.condition import difference
from tocsin.review.cost import cost
from tocsin.review.document import (
    AttributeChange,
    CaseTally,
    ChangeWord,
    CostChange,
    CoverageChange,
    DetectionChange,
    cut,
    short,
)

FileOf = Callable[[Project, Resolved], str]
"""Where a detection's file lies below the repository."""
DirectionOf = Callable[[Resolved, Resolved], Direction]
"""What a new version of a detection matches, against an old one."""
_ORDER: Sequence[ChangeWord] = ("removed", "changed", "added", "documented", "cases")


@dataclass(frozen=True, slots=True)
class Compared:
    """A project and what it was before; `before` is None where there was none to compare with."""

    before: Project | None
    after: Project

    @property
    def pairs(self) -> Iterator[FormerAndNew]:
        """Every detection in both forms, one of which may be missing."""
        old, new = _by_id(self.before), _by_id(self.after)
        for id_ in sorted(old.keys() | new.keys()):
            there = self.after if id_ in new or self.before is None else self.before
            newest = new[id_] if id_ in new else old[id_]
            yield FormerAndNew(old.get(id_), new.get(id_), newest, there)


@dataclass(frozen=True, slots=True)
class FormerAndNew:
    """A detection before and after; the newest form that there is, and in which project."""

    old: Resolved | None
    new: Resolved | None
    newest: Resolved
    project: Project


def _by_id(project: Project | None) -> Mapping[str, Resolved]:
    return {query.detection.id: query for query in project.queries} if project else {}


def changes(
    compared: Compared,
    verdicts: Iterable[CaseVerdict],
    file_of: FileOf,
    direction: DirectionOf,
) -> list[DetectionChange]:
    """The detections that differ: first what is taken away or means something else."""
    said: dict[str, list[CaseVerdict]] = {}
    for verdict in verdicts:
        said.setdefault(verdict.detection, []).append(verdict)
    found = []
    bounded = _bounded(direction)
    for pair in compared.pairs:
        if word := _word(pair):
            told = tally(said.get(pair.newest.detection.id, ()))
            file = file_of(pair.project, pair.newest)
            found.append(_change(word, pair, told, file, _direction(pair, bounded)))
    return sorted(found, key=lambda each: (_ORDER.index(each.word), each.key, each.id))


def _bounded(direction: DirectionOf) -> DirectionOf:
    """The same for so many detections; of more than that nothing is found out."""
    left = count(MOST_COMPARED, -1)

    def of(old: Resolved, new: Resolved) -> Direction:
        return direction(old, new) if next(left) > 0 else TOO_MANY

    return of


def _direction(pair: FormerAndNew, direction: DirectionOf) -> Direction | None:
    if pair.old is None or pair.new is None or pair.old.logic == pair.new.logic:
        return None
    return direction(pair.old, pair.new)


def coverage(compared: Compared) -> CoverageChange:
    """Techniques that alerting detections name, before and after."""
    old, new = _covered(compared.before), _covered(compared.after)
    return CoverageChange(
        before=len(old), after=len(new), gained=sorted(new - old), lost=sorted(old - new)
    )


def tally(verdicts: Iterable[CaseVerdict]) -> list[CaseTally]:
    """How many cases each engine passed, failed and refused."""
    by_engine: dict[str, list[CaseVerdict]] = {}
    for verdict in verdicts:
        by_engine.setdefault(verdict.engine, []).append(verdict)
    return [_tally(engine, some) for engine, some in by_engine.items()]


def _tally(engine: str, verdicts: Sequence[CaseVerdict]) -> CaseTally:
    refused = sum(bool(verdict.refused) for verdict in verdicts)
    failed = sum(not verdict.ok for verdict in verdicts)
    passed = len(verdicts) - refused - failed
    return CaseTally(engine=short(engine), passed=passed, failed=failed, refused=refused)


def _covered(project: Project | None) -> set[str]:
    alerting = [query for query in project.queries if query.alerts] if project else []
    return {id_ for query in alerting for id_ in _techniques(query)}


def _techniques(query: Resolved | None) -> set[str]:
    return set(load_attack().named(query.detection.meta.tags)) if query else set()


def _word(pair: FormerAndNew) -> ChangeWord | None:
    old, new = pair.old, pair.new
    if old is None or new is None:
        return "added" if new else "removed"
    if old.logic != new.logic or old.alerts != new.alerts:
        return "changed"
    if _attributes(old.detection) != _attributes(new.detection):
        return "documented"
    return "cases" if _cases(old.detection) != _cases(new.detection) else None


def _cases(detection: Detection) -> list[object]:
    return [(case.name, case.events, case.expect) for case in detection.cases]


def _change(
    word: ChangeWord,
    pair: FormerAndNew,
    cases: list[CaseTally],
    file: str,
    direction: Direction | None,
) -> DetectionChange:
    old, new, one = pair.old, pair.new, pair.newest
    before, after = _techniques(old), _techniques(new)
    return DetectionChange(
        id=short(one.detection.id),
        key=short(one.detection.key),
        title=cut(one.detection.meta.title),
        level=short(one.detection.meta.level),
        file=cut(file),
        word=word,
        attributes=list(_differing(old, new)) if old and new else [],
        condition=difference(old, new) if word in ("added", "changed", "removed") else [],
        direction=weakening.told(direction) if direction else None,
        weakens=weakening.weakens(old, new, direction),
        cost=CostChange(old=_cost(old), new=_cost(new)),
        cases=cases,
        gained=sorted(after - before)[:50],
        lost=sorted(before - after)[:50],
    )


def _cost(query: Resolved | None) -> str:
    return cut(cost(query)) if query else ""


def _differing(old: Resolved, new: Resolved) -> Iterator[AttributeChange]:
    before, after = _attributes(old.detection), _attributes(new.detection)
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, ""), after.get(name, "")
        if was != now:
            yield AttributeChange(name=short(name), old=cut(was), new=cut(now))
    if len(old.detection.cases) != len(new.detection.cases):
        counts = (str(len(query.detection.cases)) for query in (old, new))
        yield AttributeChange(name="cases", old=next(counts), new=next(counts))
    if old.alerts != new.alerts:
        words = ("raises alerts" if query.alerts else "serves others" for query in (old, new))
        yield AttributeChange(name="alerts", old=next(words), new=next(words))


def _attributes(detection: Detection) -> dict[str, str]:
    """All that an author says of it but its logic and its cases, in words."""
    meta, promotion = detection.meta, detection.promotion
    lists = ("tags", "references", "falsepositives", "fields", "controls")
    texts = ("title", "status", "level", "description", "author", "license", "owner")
    said = {name: getattr(meta, name) for name in texts}
    said |= {name: ", ".join(getattr(meta, name)) for name in lists}
    said |= {"dates": f"{meta.date} {meta.modified}".strip(), "key": detection.key}
    said |= {"playbook": detection.playbook, "dedup": str(detection.dedup or "")}
    said |= {f"deploy {place}": mode for place, mode in detection.deploy.items()}
    if promotion:
        most = promotion.max_alerts_per_day
        limit = "" if most is None else f", at most {most} alerts a day"
        said["promote"] = f"after {duration(promotion.after_ms)}{limit}"
    return {name: text for name, text in said.items() if text}
