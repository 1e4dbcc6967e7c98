"""What was found against what must be: every match once, none missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

from deployments.editions import BURSTS, MARK, Book, identity
from deployments.event_feed import Feed
from deployments.record_file import State
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.query import CorrelationQuery, Query
from tocsin.ir.stream import completions, observe
from tocsin.ir.times import parse_millis
from tocsin.release.cutover import WrittenMatch, counts

Row = dict[str, Any]
Place = tuple[int, int]


@dataclass(slots=True)
class Exactness:
    """Figures of a run; the lists hold samples of what is wrong."""

    events: int = 0
    matches: int = 0
    completions: int = 0
    missed: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missed or self.twice or self.wrong)

    def as_json(self) -> dict[str, Any]:
        """Figures and samples."""
        lists = {"missed": self.missed, "duplicates": self.twice, "wrong": self.wrong}
        told = {key: len(found) for key, found in lists.items()}
        samples = {key: found[:5] for key, found in lists.items() if found}
        figures = {
            "events": self.events,
            "matches": self.matches,
            "correlation_matches": self.completions,
        }
        return {**figures, **told, **({"samples": samples} if samples else {})}


def stateless(result: Exactness, feed: Feed, books: Sequence[Book], rows: Sequence[Row]) -> None:
    """Each event must have the matches of one edition, that which its mark is of."""
    by_mark = {_logic(book, MARK): book for book in books}
    found: dict[Place, Counter[tuple[str, str]]] = {}
    for row in rows:
        if row["detection_id"] != identity(BURSTS):
            own = found.setdefault((row["partition"], row["offset"]), Counter())
            own[row["detection_id"], row["logic"]] += 1
    for number, event in enumerate(feed.events):
        result.events += 1
        own = found.get(feed.places[number], Counter())
        result.matches += own.total()
        marks = [
            logic for (id_, logic), n in own.items() if id_ == identity(MARK) for _ in range(n)
        ]
        if not marks:
            result.missed.append(f"event {number}: no mark")
            continue
        wanted = Counter(_wanted(by_mark[marks[0]], event))
        result.missed += [f"event {number}: {key}" for key in wanted - own]
        for key in own - wanted:
            (result.twice if key in wanted or key[0] == identity(MARK) else result.wrong).append(
                f"event {number}: {key}"
            )


def _wanted(book: Book, event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for query in book.queries.values():
        if isinstance(query, Query) and predicate(query.matches)(View(event, {})):
            yield query.detection.id, query.logic


def _logic(book: Book, key: str) -> str:
    return book.queries[key].logic


# --- correlations ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """Matches of one logic, one after the other in event time; times are the first and last."""

    logic: str
    first: int
    last: int


def correlated(
    result: Exactness,
    feed: Feed,
    books: Sequence[Book],
    rows: Sequence[Row],
    states: Sequence[State],
) -> None:
    """Matches that count, as was known when they were written, are of the version in charge.

    Where one version was swapped for the next, the moment is only known from what they found:
    between the last match of one and the first of the other, what both must find must be there.
    """
    own = [r for r in rows if r["detection_id"] == identity(BURSTS) and not r["reason"]]
    timed = [(parse_millis(row["event_time"]) or 0, row) for row in own]
    counted = [(at, row) for at, row in timed if _counts(at, row, states)]
    counted.sort(key=lambda each: (each[0], each[1]["partition"], each[1]["offset"]))
    found = Counter((row["partition"], row["offset"]) for _, row in counted)
    result.completions += found.total()
    result.twice += [f"burst at {place}" for place, n in found.items() if n > 1]
    runs = list(_runs(counted))
    numbers = {place: number for number, place in feed.places.items()}
    wanted = {logic: _completed(logic, books, feed) for logic in {run.logic for run in runs}}
    everything = {number: at for of in wanted.values() for number, at in of.items()}
    seen = {numbers[place] for place in found}
    for number, at in sorted(everything.items()):
        must, may = _told(at, number, runs, wanted)
        if must and number not in seen:
            result.missed.append(f"burst at event {number}")
        if number in seen and not may:
            result.wrong.append(f"burst at event {number}")
    result.wrong += [f"burst at event {number}" for number in seen - set(everything)]


def _counts(at: int, row: Row, states: Sequence[State]) -> bool:
    known = [state for state in states if state.at <= row["written"]]
    state = known[-1] if known else states[0]
    cutovers = [cutover for cutover in state.cutovers if cutover.detection == identity(BURSTS)]
    return counts(WrittenMatch(row["logic"], at, row["place"]), state.now, cutovers)


def _runs(counted: Sequence[tuple[int, Row]]) -> Iterator[Run]:
    for logic, group in groupby(counted, key=lambda each: str(each[1]["logic"])):
        times = [at for at, _ in group]
        yield Run(logic, times[0], times[-1])


def _told(
    at: int, number: int, runs: Sequence[Run], wanted: Mapping[str, Mapping[int, int]]
) -> tuple[bool, bool]:
    """Whether a match at this time must be there, and whether it may."""
    if at <= runs[0].last:
        sides = [runs[0]]
    elif at >= runs[-1].first:
        sides = [runs[-1]]
    else:
        sides = [run for run in runs if run.first <= at <= run.last]
        for before, after in pairwise(runs):
            if before.last < at < after.first:
                sides = [before, after]
    held = [number in wanted[run.logic] for run in sides]
    return all(held), any(held)


def _completed(logic: str, books: Sequence[Book], feed: Feed) -> dict[int, int]:
    """Numbers and times of the events that complete a version of the correlation."""
    queries = [book.queries[BURSTS] for book in books if BURSTS in book.queries]
    query = next(query for query in queries if query.logic == logic)
    assert isinstance(query, CorrelationQuery)
    arrived = observe(query.events, feed.events)
    return {each.event[1]: each.time for each in completions(query, arrived).completed}
