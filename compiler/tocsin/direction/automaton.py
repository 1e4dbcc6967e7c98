"""Regular expressions as automata."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tocsin.direction.alphabet import BREAK, END, OTHER, START, WORD
from tocsin.direction.effort import OutOfEffortError
from tocsin.ir.codepoints import Range
from tocsin.ir.java_tree import EDGES, Chars, Edge, Either, RegexNode, Repeat, Run
from tocsin.ir.re2java import ANY

MOST_STATES = 4000


@dataclass(slots=True)
class Automaton:
    """States by number, 0 the first and 1 the last; `free` are moves without a character.

    A free move may depend on the place (an edge of `java_tree`); most have no condition ("").
    `settled`: states from which every text leads to the end.
    """

    free: list[list[tuple[str, int]]] = field(default_factory=lambda: [[], []])
    moves: list[list[tuple[tuple[Range, ...], int]]] = field(default_factory=lambda: [[], []])
    settled: frozenset[int] = frozenset()

    @property
    def labels(self) -> Iterator[tuple[Range, ...]]:
        """The sets of characters that moves take."""
        yield from (label for moves in self.moves for label, _ in moves)

    def settle(self) -> Automaton:
        """The same, `settled`: call it once, when all is added."""
        found = {state for state in range(len(self.free)) if self._goes_on(state)}
        back: dict[int, list[int]] = defaultdict(list)
        for state, free in enumerate(self.free):
            for edge, target in free:
                back[target] += () if edge else (state,)
        left = list(found)
        while left:
            new = [state for state in back[left.pop()] if state not in found]
            found.update(new)
            left += new
        self.settled = frozenset(found)
        return self

    def _goes_on(self, state: int) -> bool:
        """Whether a state is the end, and leads back to itself with any character."""
        targets = [to for label, to in self.moves[state] if label == ANY]
        ends = bool(targets) and 1 in self.closed({state})
        return ends and any(state in self.closed({to}) for to in targets)

    def closed(self, states: Iterable[int], before: int = OTHER, after: int = OTHER) -> set[int]:
        """The states with all to which free moves lead at a place."""
        found, left = set(states), list(states)
        while left:
            for edge, target in self.free[left.pop()]:
                if target not in found and _holds(edge, before, after):
                    found.add(target)
                    left.append(target)
        return found

    @property
    def looks(self) -> bool:
        """Whether a move looks at what stands beside it."""
        return any(edge in EDGES[2:] for free in self.free for edge, _ in free)

    def state(self) -> int:
        """A new state."""
        if len(self.free) >= MOST_STATES:
            raise OutOfEffortError
        self.free.append([])
        self.moves.append([])
        return len(self.free) - 1

    def add(self, node: RegexNode, start: int, end: int) -> None:
        """A way from one state to another for each text of an expression."""
        match node:
            case Chars(ranges):
                self.moves[start].append((ranges, end))
            case Edge(text):
                self.free[start].append((text, end))
            case Run(parts):
                self._run(parts, start, end)
            case Either(parts):
                for part in parts:
                    self.add(part, start, end)
            case Repeat(part, least, most):
                self._repeat(part, least, most, (start, end))

    def _run(self, parts: Sequence[RegexNode], start: int, end: int) -> None:
        for part in parts:
            after = self.state()
            self.add(part, start, after)
            start = after
        self.free[start].append(("", end))

    def _repeat(self, part: RegexNode, least: int, most: int | None, ends: tuple[int, int]) -> None:
        at, end = ends
        for _ in range(least):
            after = self.state()
            self.add(part, at, after)
            at = after
        if most is None:
            loop = self.state()
            self.free[at].append(("", loop))
            back = self.state()
            self.add(part, loop, back)
            self.free[back].append(("", loop))
            at = loop
        for _ in range((most or least) - least):
            self.free[at].append(("", end))
            after = self.state()
            self.add(part, at, after)
            at = after
        self.free[at].append(("", end))


@lru_cache(maxsize=1024)
def automaton(node: RegexNode) -> Automaton:
    """The automaton of an expression; OutOfEffortError where it is too large."""
    made = Automaton()
    made.add(node, 0, 1)
    return made.settle()


def _holds(edge: str, before: int, after: int) -> bool:
    return (
        not edge
        or (
            before == START,
            after == END,
            before in (START, BREAK),
            after in (BREAK, END),
            (before == WORD) is not (after == WORD),
        )[EDGES.index(edge)]
    )
