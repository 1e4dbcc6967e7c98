"""A batch of cases on one engine against the evaluator: every detection on every event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from differential.cases import Case
from differential.world import SOURCE, Event, query_of, row_of
from tocsin.backend.base import Backend, Endpoints
from tocsin.compile import Refusal, compile_query
from tocsin.errors import TocsinError
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.nodes import Expr
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Source

Runner = Callable[[Sequence[Artifact], Sequence[Event]], set[Match]]
"""Runs artifacts on events; a match names the detection by its id."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An engine and the evaluator disagree on an event, or the engine fails (`failure`)."""

    expr: Expr
    event: Mapping[str, Any]
    wanted: bool
    text: str = ""
    failure: str = ""


@dataclass(slots=True)
class Tally:
    """What was compared. `own` pairs are those of a detection with the events made for it.

    `repeated`: detections whose run failed once and ended well when it was tried again, alone.
    """

    cases: int = 0
    pairs: int = 0
    matches: int = 0
    own_pairs: int = 0
    own_matches: int = 0
    seconds: float = 0.0
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Subject:
    """A backend with its engine; `run` in place of the backend's own way to run artifacts."""

    backend: Backend
    endpoints: Endpoints
    source: Source = SOURCE
    runner: Runner | None = None

    def run(self, artifacts: Sequence[Artifact], events: Sequence[Event]) -> set[Match]:
        """What the engine matches."""
        rows = tuple(row_of(event, self.source) for event in events)
        if self.runner:
            return self.runner(artifacts, rows)
        [found] = self.backend.run([Job((self.source,), tuple(artifacts), rows)], self.endpoints)
        return set(found)


@dataclass(frozen=True, slots=True)
class _Made:
    """A case that compiled; `own` are the numbers of its events in the batch."""

    case: Case
    artifact: Artifact
    own: range

    def difference(self, view: View, *, wanted: bool, failure: str = "") -> Difference:
        return Difference(self.case.expr, view.event, wanted, self.case.text, failure)


def compare(subject: Subject, cases: Sequence[Case], tally: Tally) -> int:
    """Compile the cases, run those that are not refused, add up; how many were compared."""
    made: list[_Made] = []
    events: list[Event] = []
    for number, case in enumerate(cases):
        done = compile_query(query_of(case.expr, f"d{number}", subject.source), subject.backend)
        if isinstance(done, Refusal):
            tally.refused[f"{done.node} {done.reason}"] += 1
            continue
        made.append(_Made(case, done, range(len(events), len(events) + len(case.events))))
        events += case.events
    matches, failed = resilient(subject, [each.artifact for each in made], events)
    for name in list(failed):
        again, still = resilient(subject, [e.artifact for e in made if _name(e) == name], events)
        if not still:
            matches |= again
            tally.repeated += 1
            del failed[name]
    found: dict[str, set[int]] = {}
    for match in matches:
        found.setdefault(match.detection, set()).add(match.event)
    views = [View(event, subject.source.renamed) for event in events]
    for each in made:
        name = each.artifact.detection
        if name in failed:
            first = views[each.own.start]
            wanted = predicate(each.case.expr)(first)
            told = each.difference(first, wanted=wanted, failure=failed[name])
            tally.differences.append(told)
        else:
            _judge(each, views, found.get(name, set()), tally)
    return len(made)


def _name(made: _Made) -> str:
    return made.artifact.detection


def _judge(made: _Made, views: Sequence[View], found: set[int], tally: Tally) -> None:
    holds = predicate(made.case.expr)
    wanted = {number for number, view in enumerate(views) if holds(view)}
    tally.cases += 1
    tally.pairs += len(views)
    tally.matches += len(wanted)
    tally.own_pairs += len(made.own)
    tally.own_matches += sum(number in wanted for number in made.own)
    # One difference of a detection will do; its own events are the most telling.
    for number in sorted(wanted ^ found, key=lambda n: (n not in made.own, n))[:1]:
        tally.differences.append(made.difference(views[number], wanted=number in wanted))


def resilient(
    subject: Subject, artifacts: Sequence[Artifact], events: Sequence[Event]
) -> tuple[set[Match], dict[str, str]]:
    """The matches, and the failures by detection: where a run fails, its halves are run."""
    if not artifacts:
        return set(), {}
    try:
        return subject.run(artifacts, events), {}
    except Exception as error:  # noqa: BLE001 - whatever an engine's client raises is a finding
        if len(artifacts) == 1:
            said = error.message if isinstance(error, TocsinError) else str(error)
            return set(), {artifacts[0].detection: f"{type(error).__name__}: {said}"[:500]}
    half = len(artifacts) // 2
    found, failed = resilient(subject, artifacts[:half], events)
    more, others = resilient(subject, artifacts[half:], events)
    return found | more, failed | others
