"""Which atoms a matcher tests on every event: the witnesses, chosen by earlier events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from tocsin.ir.nodes import Text
from tocsin.model.artifact import Event
from tocsin.pack.part import Part
from tocsin_matcher.atoms import EVERY, Atom, Atoms, Pair, Where
from tocsin_matcher.column import Pairs, PlaceValues, column
from tocsin_matcher.raw import raw_guard
from tocsin_matcher.rows import column_value, places
from tocsin_matcher.witness import NO_COST, Costs, Witness, witness

PLACE_COST = 0.1
"""What reading one more place of every event costs, in parts of which a fact has to be found."""
TEXT_COST, TEST_COST = 0.25, 1.5
"""What finding a pattern costs, and what any other test costs, in the same."""
ABSENT_SHARE = 0.05
"""Taken for the share of an atom of which no event told."""


DECODE_COST = 2.0
"""What a fact costs of a place that is not read of every event."""
FREQUENT = 0.001
"""Share of events from which on a part's other atoms are asked as well."""
VARIED = 0.3
"""Distinct values an event from which on most values of a place are new."""
USE = 0.3
"""Share of a part's events that another atom spares it at a varied place."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What events are like. `share`: of the events where an atom holds.

    `asking`: what finding that out costs an event. `varied`: places where values hardly ever come
    up twice.
    """

    share: Sequence[float]
    asking: Sequence[float]
    varied: frozenset[Where] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """Witnesses by number of the part; parts that have none; atoms to ask, by place."""

    witnesses: Mapping[int, Witness]
    always: tuple[int, ...]
    asked: Mapping[Where, tuple[Atom, ...]]


def choose(parts: Sequence[Part], atoms: Atoms, like: Measured) -> Choice:
    """The cheapest witnesses; places that few parts need are given up where that is cheap."""
    first = _witnesses(parts, atoms, Costs(like.share, like.asking))
    users = Counter(
        where
        for each in first.values()
        if each
        for where in {atoms.all[number].where for number in each.holds | each.fails}
    )
    dearer = [
        cost + PLACE_COST / max(users[atom.where], 0.5)
        for atom, cost in zip(atoms.all, like.asking, strict=True)
    ]
    found = _witnesses(parts, atoms, Costs(like.share, dearer))
    kept = {n: each for n, each in found.items() if each}
    always = tuple(number for number in found if number not in kept)
    asked = {number for each in kept.values() for number in each.holds | each.fails}
    asked |= _helpful(atoms, like, kept, always, {atoms.all[number].where for number in asked})
    by_place: dict[Where, list[Atom]] = defaultdict(list)
    for number in sorted(asked):
        by_place[atoms.all[number].where].append(atoms.all[number])
    return Choice(kept, always, {where: tuple(group) for where, group in by_place.items()})


def _share(each: Witness, like: Measured) -> float:
    return sum(like.share[n] for n in each.holds) + sum(1 - like.share[n] for n in each.fails)


def _helpful(
    atoms: Atoms,
    like: Measured,
    kept: Mapping[int, Witness],
    always: Sequence[int],
    read: AbstractSet[Where],
) -> set[int]:
    """Other atoms of frequent parts, where the place is read anyway or many events profit."""
    shares = {number: _share(each, like) for number, each in kept.items()}
    shares |= dict.fromkeys(always, 1.0)
    frequent = {number: share for number, share in shares.items() if share > FREQUENT}
    wanted = {
        number: [n for n in atoms.of_parts[number] if _worth_asking(atoms.all[n], like, share)]
        for number, share in frequent.items()
    }
    gain: Counter[Where] = Counter()
    for number, share in frequent.items():
        for where in {atoms.all[n].where for n in wanted[number]}:
            gain[where] += share * DECODE_COST  # type: ignore[assignment] # of Counter: any number
    good = {where for where, each in gain.items() if each > PLACE_COST} | read
    return {n for numbers in wanted.values() for n in numbers if atoms.all[n].where in good}


def _worth_asking(atom: Atom, like: Measured, share: float) -> bool:
    """Whether asking this atom of every event helps a part with this share of events."""
    if atom.where == EVERY:
        return False
    cost = like.share[atom.number] * TEXT_COST + like.asking[atom.number]
    return cost < share * USE or atom.where not in like.varied


def _witnesses(parts: Sequence[Part], atoms: Atoms, costs: Costs) -> dict[int, Witness | None]:
    return {
        number: witness(("and", part.where, part.expr), of, costs)
        for number, (part, of) in enumerate(zip(parts, atoms.of_parts, strict=True))
    }


def guessed(atoms: Atoms) -> Measured:
    """Without any event: the longer a literal, the rarer."""
    share = [_guess(atom) for atom in atoms.all]
    asking = [
        _cost(atom) * (guess if atom.guard else 1.0)
        for atom, guess in zip(atoms.all, share, strict=True)
    ]
    return Measured(share, asking)


def _guess(atom: Atom) -> float:
    if not atom.guard:
        return ABSENT_SHARE
    return min(sum(0.5 ** min(len(each), 12) for each in atom.guard), 1.0)


def _cost(atom: Atom) -> float:
    if atom.where == EVERY and not raw_guard(atom.guard):
        return NO_COST
    return TEXT_COST if isinstance(atom.ask, Text | None) else TEST_COST


def measured(atoms: Atoms, events: Sequence[Event]) -> Measured:
    """By events; of atoms that hold in none of them, the guess, made small."""
    by_place: dict[Where, list[Atom]] = defaultdict(list)
    for atom in atoms.all:
        by_place[atom.where].append(atom)
    share = [each / max(len(events), 1) for each in guessed(atoms).share]
    runs = [0.0] * len(atoms.all)
    varied: set[Where] = set()
    for where, group in by_place.items():
        seen = Counter(_value(where, event) for event in events)
        if len(seen) > VARIED * len(events):
            varied.add(where)
        classes = column(where, group)
        for number, count in _counts(classes, seen).items():
            share[number] = count / len(events)
        for number, count in _runs(classes).items():
            runs[number] = count / len(events)
    asking = [
        _cost(atom) * (times or share[atom.number] or 1.0)
        for atom, times in zip(atoms.all, runs, strict=True)
    ]
    return Measured(share, asking, frozenset(varied))


def _value(where: Where, event: Event) -> Any:
    found = tuple(column_value(place.value(event)) for place in places(where))
    return found if isinstance(where, Pair) else found[0]


def _counts(classes: PlaceValues | Pairs, seen: Mapping[Any, int]) -> Counter[int]:
    if isinstance(classes, PlaceValues):
        classes.asked = Counter()
    counts: Counter[int] = Counter()
    for value, number in classes.classify(seen).items():
        for atom in classes.members[number]:
            counts[atom] += seen[value]
    return counts


def _runs(classes: PlaceValues | Pairs) -> Mapping[int, int]:
    return (classes.asked or {}) if isinstance(classes, PlaceValues) else {}
