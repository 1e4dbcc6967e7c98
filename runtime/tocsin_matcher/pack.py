"""The matcher: all detections of a pack in about the time of a few.

For each place that a witness looks at, a value has a class, looked up or found once; the classes of
an event's values name the detections that match, and those of which only some facts are missing;
just these facts are found out, each once a value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from time import perf_counter
from typing import Any

from tocsin.events.decode import NotAnEventError
from tocsin.model.artifact import Event, Match
from tocsin.pack.part import Part
from tocsin.pack.tree import PackedTree
from tocsin_matcher.atoms import EVERY, atoms_of
from tocsin_matcher.base import Cost, Matched
from tocsin_matcher.choice import Measured, choose, guessed, measured
from tocsin_matcher.column import column
from tocsin_matcher.decision import NONE, Candidates, Decision
from tocsin_matcher.facts import Facts
from tocsin_matcher.raw import RawLines
from tocsin_matcher.rows import Reader
from tocsin_matcher.witness import settle

MOST_KEYS = 100_000
"""Combinations of classes kept."""


class PackMatcher:
    """Evaluates parts on batches of events. Agrees with the evaluator on every event.

    `costs` has the detections, by id, of which facts were ever missing.
    """

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(sorted(parts, key=lambda part: part.detection))
        self._atoms = atoms_of(self.parts)
        self.costs: dict[str, Cost] = {}
        self._take(guessed(self._atoms))

    def _take(self, like: Measured) -> None:
        choice = choose(self.parts, self._atoms, like)
        self._raw = RawLines(choice.asked[EVERY]) if EVERY in choice.asked else None
        self._columns = [column(*each) for each in choice.asked.items() if each[0] != EVERY]
        self._reader = Reader([each.where for each in self._columns])
        self._facts = Facts(self._atoms, self._reader)
        asked = {a.number for c in self._columns for a in choice.asked[c.where]}
        self._decision = Decision(self.parts, self._atoms, choice, asked)
        self._known: dict[tuple[int, ...], Candidates] = {}

    def learn_from(self, events: Sequence[Event]) -> None:
        """Choose witnesses by these events."""
        self._take(measured(self._atoms, events))

    def match(self, events: Sequence[Event]) -> list[Match]:
        """The matches on events, sorted."""
        return self.match_lines([json.dumps(event).encode() for event in events]).matches

    def match_lines(self, lines: Sequence[bytes]) -> Matched:
        """The matches on lines of JSON."""
        read = self._reader.read(lines)
        found = self._candidates(read.rows)
        if self._raw:
            self._add_raw(self._raw.atoms(lines), read.lines, found)
        done = Matched(refused=read.refused)
        for row, candidates in enumerate(found):
            if candidates is not NONE:
                line = read.lines[row]
                try:
                    parts = self._matching(read.rows[row], lines[line], candidates)
                except NotAnEventError as reason:
                    done.refused[line] = str(reason)
                else:
                    done.matches += [Match(self.parts[part].detection, line) for part in parts]
        if self._reader.adapt():
            self._facts = Facts(self._atoms, self._reader)
        return done

    def _matching(self, row: Any, line: bytes, candidates: Candidates) -> Sequence[int]:
        sure, open_ = candidates
        if not open_:
            return sure
        truth = self._facts.of(row, line)
        more = [part for part, left in open_ if self._timed(part, left, truth)]
        return sorted((*sure, *more)) if more else sure

    def _timed(self, part: int, left: PackedTree, truth: Any) -> bool:
        start = perf_counter()
        holds = settle(left, truth)
        detection = self.parts[part].detection
        cost = self.costs.get(detection) or self.costs.setdefault(detection, Cost())
        cost.add(perf_counter() - start, matched=holds)
        return holds

    # --- candidates -----------------------------------------------------------------------------

    def _candidates(self, rows: Sequence[Any]) -> list[Candidates]:
        if not self._columns:
            return [self._decide(())] * len(rows)
        classes = [each.numbers(self._reader.values(each.where, rows)) for each in self._columns]
        keys = list(zip(*classes, strict=True))
        found: list[Any] = list(map(self._known.get, keys))
        if None in found:
            self._learn(keys, found)
        return found

    def _learn(self, keys: Sequence[tuple[int, ...]], found: list[Any]) -> None:
        """Candidates of combinations of classes that are new."""
        if len(self._known) > MOST_KEYS:
            self._known.clear()
        for row, key in enumerate(keys):
            if found[row] is None:
                candidates = self._known.get(key)
                if candidates is None:
                    candidates = self._known[key] = self._decide(key)
                found[row] = candidates

    def _decide(self, key: tuple[int, ...]) -> Candidates:
        members = (c.members[number] for c, number in zip(self._columns, key, strict=True))
        return self._decision.of(frozenset().union(*members)) or NONE

    def _add_raw(
        self, hits: Mapping[int, AbstractSet[int]], lines: Sequence[int], found: list[Candidates]
    ) -> None:
        """Parts with a keyword that a line may hold have to be looked at."""
        for row, line in enumerate(lines if hits else ()):
            if line in hits:
                found[row] = self._decision.with_more(found[row], hits[line])
