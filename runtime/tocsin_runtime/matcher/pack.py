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

from tocsin.model.artifact import Match
from tocsin.pack.part import Part
from tocsin.pack.tree import Tree
from tocsin_runtime.decode import NotAnEventError
from tocsin_runtime.matcher.atoms import EVERY, Event, atoms_of
from tocsin_runtime.matcher.base import Cost, Matched
from tocsin_runtime.matcher.choice import Measured, choose, guessed, measured
from tocsin_runtime.matcher.column import column
from tocsin_runtime.matcher.facts import Facts
from tocsin_runtime.matcher.raw import RawLines
from tocsin_runtime.matcher.rows import Reader
from tocsin_runtime.matcher.witness import by_atom, rest, settle

MOST_KEYS = 100_000
"""Combinations of classes kept."""
NOTHING: AbstractSet[int] = frozenset()

Open = tuple[int, Tree]
"""Number of a part, and what is left of its condition."""
Candidates = tuple[tuple[int, ...], tuple[Open, ...]] | tuple[()]
"""Numbers of the parts that match for sure, and those of which facts are missing."""


class PackMatcher:
    """Evaluates parts on batches of events. Agrees with the evaluator on every event.

    `costs` has the detections, by id, of which facts were ever missing.
    """

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(sorted(parts, key=lambda part: part.detection))
        self._trees: list[Tree] = [("and", part.where, part.expr) for part in self.parts]
        self._atoms = atoms_of(self.parts)
        self.costs: dict[str, Cost] = {}
        self._take(guessed(self._atoms))

    def _take(self, like: Measured) -> None:
        choice = choose(self.parts, self._atoms, like)
        self._raw = RawLines(choice.asked[EVERY]) if EVERY in choice.asked else None
        self._columns = [column(*each) for each in choice.asked.items() if each[0] != EVERY]
        self._reader = Reader([each.where for each in self._columns])
        self._facts = Facts(self._atoms, self._reader)
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
        return self.match_lines([json.dumps(event).encode() for event in events]).matches

    def match_lines(self, lines: Sequence[bytes]) -> Matched:
        """The matches on lines of JSON."""
        read = self._reader.read(lines)
        found = self._candidates(read.rows)
        if self._raw:
            self._add_raw(self._raw.atoms(lines), read.lines, found)
        done = Matched(refused=read.refused)
        for row, candidates in enumerate(found):
            if candidates:
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
        sure, open_ = candidates or ((), ())
        if not open_:
            return sure
        truth = self._facts.of(row, line)
        more = [part for part, left in open_ if self._timed(part, left, truth)]
        return sorted((*sure, *more)) if more else sure

    def _timed(self, part: int, left: Tree, truth: Any) -> bool:
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
        classes = [each.numbers(self._reader.values(each.where, rows)) for each in self._columns]
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
        left = [(number, self._rest(number, self._asked, holding)) for number in sorted(parts)]
        sure = tuple(number for number, tree in left if tree is True)
        open_ = tuple(each for each in left if not isinstance(each[1], bool))
        return (sure, open_) if sure or open_ else ()

    def _rest(self, part: int, asked: AbstractSet[int], holding: AbstractSet[int]) -> Tree:
        return rest(self._trees[part], self._atoms.of_parts[part], asked, holding)

    def _add_raw(
        self, hits: Mapping[int, AbstractSet[int]], lines: Sequence[int], found: list[Candidates]
    ) -> None:
        """Parts with a keyword that a line may hold have to be looked at."""
        for row, line in enumerate(lines if hits else ()):
            if line in hits:
                sure, open_ = found[row] or ((), ())
                more = {part for atom in hits[line] for part in self._by_atom.get(atom, ())}
                more -= {*sure, *(part for part, _ in open_)}
                added = ((part, self._rest(part, NOTHING, NOTHING)) for part in sorted(more))
                found[row] = (sure, (*open_, *added))
