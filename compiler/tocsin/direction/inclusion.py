"""The search for a text in some languages and in none of others.

The states of the required automata are followed one by one, those of the excluded ones in sets. Of
two places with the same required states the one whose sets are part of the other's is enough: what
can still be found from the other can be found from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from tocsin.direction.alphabet import END, OTHER, START, Alphabet, alphabet
from tocsin.direction.automaton import Automaton, automaton
from tocsin.direction.effort import Effort
from tocsin.ir.java_tree import RegexNode

States = frozenset[int]


class _Walk:
    """An automaton in states that a text leads to, over the classes of an alphabet."""

    def __init__(self, of: Automaton, chars: Alphabet, effort: Effort) -> None:
        self._of = of
        self._chars = chars
        self._effort = effort
        self._looks = of.looks
        self.settled = of.settled
        self._closed: dict[tuple[States, int, int], States] = {}
        self._steps: dict[tuple[States, int], States] = {}
        self._by_class: dict[int, list[tuple[frozenset[int], int]]] = {}

    def step(self, states: States, before: int, char: int) -> States:
        """The states after one more character."""
        closed = self._close(states, before, self._chars.kinds[char])
        key = closed, char
        if key not in self._steps:
            self._effort.spend(1 + len(closed))
            self._steps[key] = frozenset(
                target
                for state in closed
                for classes, target in self._moves(state)
                if char in classes
            )
        return self._steps[key]

    def accepts(self, states: States, before: int) -> bool:
        """Whether the text may end here."""
        return 1 in self._close(states, before, END)

    def _moves(self, state: int) -> list[tuple[frozenset[int], int]]:
        if state not in self._by_class:
            moves = self._of.moves[state]
            self._by_class[state] = [(self._chars.classes[label], to) for label, to in moves]
        return self._by_class[state]

    def _close(self, states: States, before: int, after: int) -> States:
        key = states, *self._place(before, after)
        if key not in self._closed:
            self._closed[key] = frozenset(self._of.closed(states, before, after))
            self._effort.spend(len(self._closed[key]))
        return self._closed[key]

    def _place(self, before: int, after: int) -> tuple[int, int]:
        """As much of a place as makes a difference."""
        if self._looks:
            return before, after
        return (START if before == START else OTHER), (END if after == END else OTHER)


@dataclass(frozen=True, slots=True)
class _Place:
    """After a text: what stands before, the states, and how the text came to be."""

    before: int
    required: tuple[int, ...]
    excluded: tuple[States, ...]
    came: _Place | None = None
    char: int = 0


def find(
    required: Sequence[RegexNode], excluded: Sequence[RegexNode], effort: Effort
) -> str | None:
    """A shortest text in all of the required languages and none of the excluded; None: no text.

    OutOfEffortError where it takes too long to find out.
    """
    made = [automaton(node) for node in (*required, *excluded)]
    labels = (label for each in made for label in each.labels)
    chars = alphabet(labels, effort, looks=any(each.looks for each in made))
    walks = [_Walk(each, chars, effort) for each in made]
    search = _Search(walks[: len(required)], walks[len(required) :], chars, effort)
    return search.shortest()


@dataclass(slots=True)
class _Search:
    """One search, from short texts to long ones."""

    required: list[_Walk]
    excluded: list[_Walk]
    chars: Alphabet
    effort: Effort
    _seen: dict[tuple[int, tuple[int, ...]], list[tuple[States, ...]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def shortest(self) -> str | None:
        """The first text that is found."""
        start = States({0})
        places = [_Place(START, (0,) * len(self.required), (start,) * len(self.excluded))]
        for place in places:  # it grows while it is read
            if self._is_wanted(place):
                return "".join(reversed(list(self._text(place))))
            places += (after for after in self._next(place) if self._is_new(after))
        return None

    def _is_wanted(self, place: _Place) -> bool:
        ends = zip(self.required, place.required, strict=True)
        return all(walk.accepts(States({state}), place.before) for walk, state in ends) and not any(
            walk.accepts(states, place.before)
            for walk, states in zip(self.excluded, place.excluded, strict=True)
        )

    def _next(self, place: _Place) -> Iterator[_Place]:
        for char, kind in enumerate(self.chars.kinds):
            moved = [
                walk.step(States({state}), place.before, char)
                for walk, state in zip(self.required, place.required, strict=True)
            ]
            if not all(moved):
                continue
            others = tuple(
                walk.step(states, place.before, char)
                for walk, states in zip(self.excluded, place.excluded, strict=True)
            )
            if self._lost(others):
                continue
            for states in product(*moved):
                yield _Place(kind, states, others, place, char)

    def _lost(self, excluded: tuple[States, ...]) -> bool:
        """Whether one of the excluded takes the text however it goes on."""
        pairs = zip(self.excluded, excluded, strict=True)
        return any(not walk.settled.isdisjoint(states) for walk, states in pairs)

    def _is_new(self, place: _Place) -> bool:
        known = self._seen[place.before, place.required]
        self.effort.spend(1 + len(known))
        if any(all(map(States.issubset, each, place.excluded)) for each in known):
            return False
        known.append(place.excluded)
        return True

    def _text(self, place: _Place) -> Iterable[str]:
        while place.came:
            yield self.chars.examples[place.char]
            place = place.came
