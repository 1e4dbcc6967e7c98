"""Values of fields on which leaves are true and false as a solution of the formula says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.direction.choice import ANY_TEXT, Covered, Undecided, choose
from tocsin.direction.effort import Effort
from tocsin.direction.formula import LeafAtom
from tocsin.direction.samples import filled
from tocsin.ir.evaluate import related
from tocsin.ir.leaf import checker, passes
from tocsin.ir.nodes import FieldRef, IsNull, Keyword, Leaf, Test, Text, Wild
from tocsin.ir.text import fold

Clause = tuple[int, ...]


@dataclass(slots=True)
class FoundValues:
    """Values by place, the clauses that the solution breaks, and what was not decided.

    Of a field several texts are a list: any member satisfies a leaf.
    """

    values: dict[str, Any] = field(default_factory=dict)
    broken: list[Clause] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Solution:
    """What a solution of the formula says of each leaf."""

    variables: Mapping[LeafAtom, int]
    model: frozenset[int]
    effort: Effort
    _false: dict[str, dict[Test, int]] = field(init=False)
    _true: dict[str, dict[Test, int]] = field(init=False)
    _nowhere: dict[Test, int] = field(init=False)

    def __post_init__(self) -> None:
        self.effort.spend(len(self.variables))
        self._false, self._true = defaultdict(dict), defaultdict(dict)
        for atom, variable in self.variables.items():
            if isinstance(atom, Leaf):
                side = self._true if variable in self.model else self._false
                side[atom.field][atom.test] = variable
        self._nowhere = {
            atom.test: variable
            for atom, variable in self.variables.items()
            if isinstance(atom, Keyword) and variable not in self.model
        }

    def found(self) -> FoundValues:
        """Values for all fields, as far as there are any."""
        found = FoundValues()
        for place, tests in self._true.items():
            texts = self._texts(place, tests, found)
            if texts:
                found.values[place] = texts[0] if len(texts) == 1 else texts
        if not found.broken and not found.undecided:
            self._refer(found)
            self._fill(found)
            self._spread(found)
        return found

    def _against(self, place: str) -> dict[Test, int]:
        """The tests that no text of the field may pass."""
        return {**self._false[place], **self._nowhere}

    def _texts(self, place: str, tests: Mapping[Test, int], found: FoundValues) -> list[str]:
        against = self._against(place)
        one = self._together(list(tests), list(against))
        if one is not None:
            return [one]
        texts: dict[str, None] = {}
        for test, variable in tests.items():
            if any(passes(test, text) for text in texts):
                continue
            text = self._chosen(test, variable, against, found)
            texts |= {} if text is None else {text: None}
        return list(texts)

    def _chosen(
        self, test: Test, variable: int, against: Mapping[Test, int], found: FoundValues
    ) -> str | None:
        match choose(test, tuple(against), self.effort):
            case Covered(by):
                found.broken.append((-variable, *(against[each] for each in by)))
            case Undecided(why):
                found.undecided.append(why)
            case text:
                return text
        return None

    def _together(self, tests: Sequence[Test], against: Sequence[Test]) -> str | None:
        """One text for several tests, where that is easy: an event that people understand."""
        patterns = [test for test in tests if isinstance(test, Text)]
        if len(tests) == 1 or len(patterns) < len(tests):
            return None
        for text in _joined(patterns):
            self.effort.spend(1 + (len(tests) + len(against)) // 4)
            if all(passes(t, text) for t in tests) and not any(passes(t, text) for t in against):
                return text
        return None

    # --- other fields -----------------------------------------------------------------------------

    def _refer(self, found: FoundValues) -> None:
        """Texts for what compares one field with another."""
        for atom, variable in self.variables.items():
            if isinstance(atom, FieldRef) and variable in self.model:
                self._pair(atom, found)

    def _pair(self, atom: FieldRef, found: FoundValues) -> None:
        against = [checker(t) for f in (atom.field, atom.other) for t in self._against(f)]
        refused = list(self._refused(atom))
        for one, other in self._pairs(atom, found):
            self.effort.spend(1 + len(against))
            if any(check(text) for check in against for text in (one, other)):
                continue
            if _related(atom, one, other) and not any(_related(a, one, other) for a in refused):
                _add(found.values, atom.field, one)
                _add(found.values, atom.other, other)
                return
        found.undecided.append(f"values of {atom.field} that fit {atom.other}")

    def _refused(self, pair: FieldRef) -> Iterator[FieldRef]:
        """Comparisons of the same fields that must not hold."""
        false = (atom for atom, variable in self.variables.items() if variable not in self.model)
        for atom in false:
            if isinstance(atom, FieldRef) and atom.field == pair.field and atom.other == pair.other:
                yield atom

    def _pairs(self, atom: FieldRef, found: FoundValues) -> Iterator[tuple[str, str]]:
        have = [t for f in (atom.field, atom.other) for t in _listed(found.values.get(f, []))]
        free = choose(ANY_TEXT, tuple(self._against(atom.field)), self.effort)
        for text in (*have, *([free] if isinstance(free, str) else []), "ab", "user", "q7"):
            yield text, text
            yield text.upper(), text.lower()
            for more in (f"{text}-", f"-{text}", f"-{text}-"):
                yield more, text
                yield more.upper(), text.lower()

    def _fill(self, found: FoundValues) -> None:
        """Something in the fields that are not missing; a map where no text will do."""
        for atom, variable in self.variables.items():
            if not isinstance(atom, IsNull) or variable in self.model or atom.field in found.values:
                continue
            text = choose(ANY_TEXT, tuple(self._against(atom.field)), self.effort)
            found.values[atom.field] = text if isinstance(text, str) else {}

    def _spread(self, found: FoundValues) -> None:
        """Texts for keywords, in a field of their own."""
        wanted = {
            atom.test: variable
            for atom, variable in self.variables.items()
            if isinstance(atom, Keyword) and variable in self.model
        }
        have = [text for value in found.values.values() for text in _listed(value)]
        left = {t: v for t, v in wanted.items() if not any(passes(t, text) for text in have)}
        chosen = [self._chosen(t, v, self._nowhere, found) for t, v in left.items()]
        texts = [text for text in chosen if text is not None]
        if texts:
            name = "message"
            while name in self._places():
                name += "_"
            found.values[name] = texts[0] if len(texts) == 1 else texts

    def _places(self) -> set[str]:
        atoms = [atom for atom in self.variables if not isinstance(atom, Keyword)]
        others = {atom.other for atom in atoms if isinstance(atom, FieldRef)}
        return {atom.field for atom in atoms} | others


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _add(values: dict[str, Any], place: str, text: str) -> None:
    texts = list(dict.fromkeys([*_listed(values.get(place, [])), text]))
    values[place] = texts[0] if len(texts) == 1 else texts


def _related(atom: FieldRef, one: str, other: str) -> bool:
    texts = (one, other) if atom.cased else (fold(one), fold(other))
    return related(atom)((texts[0],), (texts[1],))


def _joined(patterns: Sequence[Text]) -> Iterator[str]:
    """Texts that begin, go on and end as patterns ask."""
    starts = [p for p in patterns if p.pattern[:1] != (Wild.MANY,)]
    ends = [p for p in patterns if p.pattern[-1:] != (Wild.MANY,) and p not in starts]
    middle = [p for p in patterns if p not in starts and p not in ends]
    for between in ("", " ", "x"):
        yield between.join(filled(p.pattern, "", "x") for p in (*starts, *middle, *ends))
    yield from (filled(p.pattern, "", "x") for p in patterns)
