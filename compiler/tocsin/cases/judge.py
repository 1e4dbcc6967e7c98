"""What a case expected against what an engine said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.ir.account import SHOWN, Standing, account
from tocsin.ir.evaluate import View
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.ir.stream import WITHOUT_KEY, LeftOut, observe
from tocsin.ir.text import lookup, texts
from tocsin.ir.trace import decisive, lines, trace
from tocsin.model.detection import Case, Expect
from tocsin.plural import plural


@dataclass(frozen=True, slots=True)
class CaseVerdict:
    """One case on one engine. `refused` says why a backend does not take the detection.

    `got`: numbers of the events that alerted, in the order of their time.
    """

    key: str
    detection: str
    case: str
    engine: str
    problems: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    refused: str = ""
    file: str = ""
    line: int = 0
    got: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the engine gave what the case expects."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """The object that `test --format json` prints."""
        status = "refused" if self.refused else "passed" if self.ok else "failed"
        return {
            "detection": self.detection,
            "key": self.key,
            "case": self.case,
            "engine": self.engine,
            "status": status,
            "problems": list(self.problems),
            "why": list(self.why),
            "refused": self.refused,
            "file": self.file,
            "line": self.line,
        }


def judge(
    query: Resolved,
    case: Case,
    engine: str,
    events: Mapping[int, dict[str, Any]],
    got: Sequence[int],
) -> CaseVerdict:
    """The verdict on a case: `got` are the numbers of the events that alerted, in time order."""
    problems = tuple(_problems(case.expect, events, got))
    why = tuple(_why(query, case.expect, events, got)) if problems else ()
    span = case.span
    return CaseVerdict(
        query.detection.key,
        query.detection.id,
        case.name,
        engine,
        problems,
        why,
        file=span.file,
        line=span.line,
        got=tuple(got),
    )


def _problems(
    expect: Expect, events: Mapping[int, dict[str, Any]], got: Sequence[int]
) -> Iterator[str]:
    if expect.alerts is not None and len(got) != expect.alerts:
        yield f"expected {plural(expect.alerts, 'alert')}, got {len(got)}{_which(got)}"
    if expect.events is not None and sorted(got) != sorted(expect.events):
        yield f"expected alerts on events {list(expect.events)}, got {list(got)}"
    for name, wanted, at in (("first", expect.first, 0), ("last", expect.last, -1)):
        if wanted and not got:
            yield f"expected the {name} alert to have {wanted}, got no alert"
        elif wanted:
            yield from _contents(name, wanted, events[got[at]])


def _which(got: Sequence[int]) -> str:
    return f" (events {', '.join(map(str, got))})" if got else ""


def _contents(name: str, wanted: Mapping[str, Any], event: dict[str, Any]) -> Iterator[str]:
    for field, value in wanted.items():
        seen = lookup(event, field)
        if not _same(seen, value):
            yield f"the {name} alert has {field} = {seen!r}, expected {value!r}"


def _same(seen: Any, wanted: Any) -> bool:
    """Equal by text form; a map is expected in part, member by member."""
    if isinstance(wanted, dict):
        return isinstance(seen, dict) and all(_same(lookup(seen, k), v) for k, v in wanted.items())
    if isinstance(wanted, list) and any(isinstance(each, dict | list) for each in wanted):
        return bool(seen == wanted)
    return texts(seen) == texts(wanted)


def _why(
    query: Resolved, expect: Expect, events: Mapping[int, dict[str, Any]], got: Sequence[int]
) -> Iterator[str]:
    if isinstance(query, CorrelationQuery):
        yield from _windows(query, events)
        return
    for number in _suspects(expect, events, got):
        view = View(events[number], query.source.renamed)
        verdict = "alerts" if number in got else "does not alert"
        yield f"event {number} {verdict}; decided by:"
        yield from lines(decisive(trace(query.matches, view)), 1)


def _windows(query: CorrelationQuery, events: Mapping[int, dict[str, Any]]) -> Iterator[str]:
    """The window at every base match, and what did not count."""
    numbers = list(events)
    left_out = LeftOut()
    seen = account(query, observe(query.events, list(events.values()), left_out))
    for standing in seen.standings:
        yield standing_line(standing, numbers)
    if not seen.standings:
        yield "no event matches a base rule"
    left_out.counts[WITHOUT_KEY] = seen.without_key
    yield from (f"left out: {line}" for line in left_out.lines())


def standing_line(standing: Standing, numbers: Sequence[int]) -> str:
    """One line: the event, its group, what was counted and from which events."""
    verdict = "alerts" if standing.holds else "does not alert"
    group = f" in group {', '.join(standing.group)}" if standing.group else ""
    window = standing.window
    earlier = f"{len(window) - SHOWN} earlier, " if len(window) > SHOWN else ""
    members = earlier + ", ".join(str(numbers[hit.event[1]]) for hit in window.newest(SHOWN))
    found = f"{standing.figure}, needs {standing.asked}; window: events {members}"
    return f"event {numbers[standing.event[1]]} {verdict}{group}: {found}"


def _suspects(
    expect: Expect, events: Mapping[int, dict[str, Any]], got: Sequence[int]
) -> list[int]:
    if expect.events is not None:
        return sorted((set(expect.events) ^ set(got)) & set(events))
    if expect.alerts is not None and len(got) > expect.alerts:
        return sorted(got)
    return sorted(set(events) - set(got))
