"""Atoms as functions of a text or a value, and as facts that are looked up only where needed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tocsin.ir.evaluate import related
from tocsin.ir.leaf import TextCheck, checker
from tocsin.ir.nodes import FieldRef, Regex
from tocsin.ir.text import fold
from tocsin.pack.guard import Guard, required, search_form
from tocsin_matcher.atoms import EVERY, Atom, texts_of

MOST_KNOWN = 50_000
"""Values kept of one atom."""


def check_of(atom: Atom) -> TextCheck:
    """The atom's test as a function of one text."""
    if atom.ask is None or isinstance(atom.ask, FieldRef):
        raise TypeError("a question about a whole value is no test of a text")
    check = checker(atom.ask)
    wanted = required(atom.ask) if isinstance(atom.ask, Regex) else ()
    return _guarded(wanted, check) if wanted else check


def _guarded(wanted: tuple[Guard, ...], check: TextCheck) -> TextCheck:
    """A regular expression costs far more than a look for the literals that it needs."""
    if all(len(guard) == 1 for guard in wanted):
        literals = [guard[0] for guard in wanted]

        def holds(text: str) -> bool:
            form = search_form(text)
            for literal in literals:
                if literal not in form:
                    return False
            return check(text)

        return holds
    return lambda text: _has(wanted, search_form(text)) and check(text)


def _has(wanted: tuple[Guard, ...], form: str) -> bool:
    return all(any(literal in form for literal in guard) for guard in wanted)


@lru_cache(maxsize=4)
def _joined(texts: tuple[str, ...]) -> str:
    return search_form("\0".join(texts))


class Fact:
    """Whether an atom holds of a value; asked once of each value.

    All scalars of an event hardly ever come again: what is known of them is not kept.
    """

    def __init__(self, atom: Atom) -> None:
        self.where = atom.where
        self._kept = atom.where != EVERY
        self._guard = atom.guard
        self._ask = atom.ask
        self._check = None if isinstance(atom.ask, FieldRef | None) else check_of(atom)
        self._known: dict[Any, bool] = {}

    def __call__(self, value: Any) -> bool:
        """Of a value as columns have it."""
        if not self._kept:
            return self._guarded(value) and self._of(value)
        known = self._known.get(value)
        if known is None:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            known = self._known[value] = self._of(value)
        return known

    def _guarded(self, value: Any) -> bool:
        """Whether one of all scalars may pass, as far as the guard tells."""
        form = _joined(texts_of(value) or ())
        return not self._guard or any(literal in form for literal in self._guard)

    def _of(self, value: Any) -> bool:
        if isinstance(self._ask, FieldRef):
            one, other = (texts_of(each) or () for each in value)
            if not self._ask.cased:
                one, other = tuple(map(fold, one)), tuple(map(fold, other))
            return related(self._ask)(one, other)
        texts = texts_of(value)
        return texts is None if self._check is None else any(map(self._check, texts or ()))
