"""The matcher: all detections of a pack in about the time of a few.

For each place that a witness looks at, a value has a class, looked up or found once; the classes of
an event's values name the detections that may match, looked up or found once; only those are
evaluated, by the reference evaluator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import orjson

from tocsin.ir.evaluate import Predicate, View, predicate
from tocsin.model.artifact import Match
from tocsin.pack.part import Part
from tocsin_runtime.decode import NotAnEventError, decode
from tocsin_runtime.matcher.atoms import EVERY, Event, atoms_of
from tocsin_runtime.matcher.base import Matched
from tocsin_runtime.matcher.choice import Measured, choose, guessed, measured
from tocsin_runtime.matcher.column import column
from tocsin_runtime.matcher.raw import RawLines
from tocsin_runtime.matcher.rows import Reader
from tocsin_runtime.matcher.witness import by_atom, verdict

MOST_KEYS = 100_000
"""Combinations of classes kept."""
SLOW_SECONDS = 0.05
"""One event of one detection; regular expressions are of RE2, whose time is linear."""


@dataclass(slots=True)
class Cost:
    """What a detection cost: events looked at closely, how long, and how many of them matched.

    `slow`: events on which that took longer than `SLOW_SECONDS`.
    """

    candidates: int = 0
    matched: int = 0
    seconds: float = 0.0
    slow: int = 0

    def add(self, seconds: float, *, matched: bool) -> None:
        """Count one event."""
        self.candidates += 1
        self.matched += matched
        self.seconds += seconds
        self.slow += seconds > SLOW_SECONDS


Candidates = tuple[tuple[int, ...], tuple[int, ...]] | tuple[()]
"""Numbers of the parts that match for sure, and of those that have to be evaluated."""


class PackMatcher:
    """Evaluates parts on batches of events. Agrees with the evaluator on every event.

    `costs` has the detections, by id, that ever had to be evaluated.
    """

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(sorted(parts, key=lambda part: part.detection))
        self._atoms = atoms_of(self.parts)
        self._predicates: dict[int, Predicate] = {}
        self.costs: dict[str, Cost] = {}
        self._take(guessed(self._atoms))

    def _take(self, like: Measured) -> None:
        choice = choose(self.parts, self._atoms, like)
        self._raw = RawLines(choice.asked[EVERY]) if EVERY in choice.asked else None
        self._columns = [column(*each) for each in choice.asked.items() if each[0] != EVERY]
        self._reader = Reader([each.where for each in self._columns])
        self._asked = {a.number for c in self._columns for a in choice.asked[c.where]}
        self._known: dict[tuple[int, ...], Candidates] = {}
        self._by_atom = by_atom(choice.witnesses)
        self._failing = [(n, each) for n, each in choice.witnesses.items() if each.fails]
        self._always = choice.always

    def learn_from(self, events: Sequence[Event]) -> None:
        """Choose witnesses by what these events are like."""
        self._take(measured(self._atoms, events))

    def match(self, events: Sequence[Event]) -> list[Match]:
        """The matches on events, sorted."""
        return self.match_lines([orjson.dumps(event) for event in events]).matches

    def match_lines(self, lines: Sequence[bytes]) -> Matched:
        """The matches on lines of JSON."""
        read = self._reader.read(lines)
        found = self._candidates(read.rows)
        if self._raw:
            self._add_raw(self._raw.atoms(lines), read.lines, found)
        done = Matched(refused=read.refused)
        for row, candidates in enumerate(found):
            if candidates:
                self._settle(lines, read.lines[row], candidates, done)
        self._reader.adapt()
        return done

    def _settle(
        self, lines: Sequence[bytes], number: int, candidates: Candidates, done: Matched
    ) -> None:
        sure, open_ = candidates or ((), ())
        if open_:
            try:
                event = decode(lines[number])
            except NotAnEventError as reason:
                done.refused[number] = str(reason)
                return
            sure = tuple(sorted((*sure, *self._holding(event, open_))))
        done.matches += [Match(self.parts[part].detection, number) for part in sure]

    def _holding(self, event: Event, candidates: Iterable[int]) -> Iterator[int]:
        views: dict[Any, View] = {}
        for number in candidates:
            paths = self.parts[number].paths
            view = views.get(paths)
            if view is None:
                view = views[paths] = View(event, dict(paths))
            if self._timed(number, view):
                yield number

    def _timed(self, number: int, view: View) -> bool:
        start = perf_counter()
        holds = self._predicate(number)(view)
        cost = self.costs.setdefault(self.parts[number].detection, Cost())
        cost.add(perf_counter() - start, matched=holds)
        return holds

    def _predicate(self, number: int) -> Predicate:
        found = self._predicates.get(number)
        if found is None:
            found = self._predicates[number] = predicate(self.parts[number].matches)
        return found

    # --- candidates -----------------------------------------------------------------------------

    def _candidates(self, rows: Sequence[Any]) -> list[Candidates]:
        if not self._columns:
            return [self._decide(())] * len(rows)
        classes = [
            map(each.known.get, self._reader.values(each.where, rows)) for each in self._columns
        ]
        found: list[Any] = list(map(self._known.get, zip(*classes, strict=True)))
        new = [number for number, each in enumerate(found) if each is None]
        if new:
            self._learn([rows[number] for number in new], new, found)
        return found

    def _learn(self, rows: Sequence[Any], numbers: Sequence[int], found: list[Any]) -> None:
        """Candidates of rows with a value or a combination that is not known."""
        classes: list[list[int]] = []
        for each in self._columns:
            values = list(self._reader.values(each.where, rows))
            by_value = each.classify(set(values))
            classes.append([by_value[value] for value in values])
        if len(self._known) > MOST_KEYS:
            self._known.clear()
        for number, key in zip(numbers, zip(*classes, strict=True), strict=True):
            candidates = self._known.get(key)
            if candidates is None:
                candidates = self._known[key] = self._decide(key)
            found[number] = candidates

    def _decide(self, key: tuple[int, ...]) -> Candidates:
        holding: set[int] = set()
        for each, number in zip(self._columns, key, strict=True):
            holding |= each.members[number]
        parts = set(self._always)
        for atom in holding:
            parts.update(self._by_atom.get(atom, ()))
        parts.update(n for n, each in self._failing if not each.fails <= holding)
        verdicts = {number: self._verdict(number, holding) for number in sorted(parts)}
        sure = tuple(number for number, verdict in verdicts.items() if verdict)
        open_ = tuple(number for number, verdict in verdicts.items() if verdict is None)
        return (sure, open_) if verdicts and (sure or open_) else ()

    def _verdict(self, number: int, holding: AbstractSet[int]) -> bool | None:
        part = self.parts[number]
        tree = ("and", part.where, part.expr)
        return verdict(tree, self._atoms.of_parts[number], self._asked, holding)

    def _add_raw(
        self, hits: Mapping[int, AbstractSet[int]], lines: Sequence[int], found: list[Candidates]
    ) -> None:
        """Parts with a keyword that a line may hold have to be evaluated."""
        for row, line in enumerate(lines if hits else ()):
            if line in hits:
                sure, open_ = found[row] or ((), ())
                more = {part for atom in hits[line] for part in self._by_atom.get(atom, ())}
                found[row] = (sure, tuple(more.union(open_).difference(sure)))
