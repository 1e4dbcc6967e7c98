r"""Keywords looked for in raw lines: which lines may have a scalar that holds one.

A literal stands in a line as it is only where JSON escapes nothing of it; so a part of it is looked
for that JSON never has to escape, and a line with a character written as `\u0041` is always looked
at closely.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tocsin.pack.guard import Guard
from tocsin_matcher.atoms import Atom
from tocsin_matcher.literals import Literals

SAFE = re.compile(r"[ !#-.0-\[\]-~]+")
"""What stands in JSON as it is: ASCII without controls, quote, slash and backslash."""
NUMERIC = frozenset("0123456789.e+-")
"""A number's text is made anew, so what may be part of one may not stand in the line."""
LEAST = 3
ESCAPED = re.compile(rb"\\u(?:00[0-7]|0130|017[fF]|212[aA])")


def raw_guard(guard: Guard) -> Guard:
    """For each literal a part of it that stands in a line; empty if one has none worth it."""
    found = []
    for literal in guard:
        part = max(SAFE.findall(literal), key=len, default="")
        if len(part) < LEAST or set(literal) <= NUMERIC:
            return ()
        found.append(part)
    return tuple(found)


class RawLines:
    """The atoms that may hold of some scalar of a line."""

    def __init__(self, atoms: Iterable[Atom]) -> None:
        self._by_literal: dict[str, list[int]] = defaultdict(list)
        self._all: set[int] = set()
        for atom in atoms:
            self._all.add(atom.number)
            for literal in raw_guard(atom.guard):
                self._by_literal[literal].append(atom.number)
        self._atoms = list(self._by_literal.values())
        self._literals = Literals(list(self._by_literal))

    def atoms(self, lines: Sequence[bytes]) -> dict[int, set[int]]:
        """By number of the line; lines where none may hold are not in it."""
        found: dict[int, set[int]] = defaultdict(set)
        texts = [line.decode("utf-8", "replace") for line in lines]
        for number, literal, _, _ in self._literals.hits(texts):
            found[number].update(self._atoms[literal])
        for number, line in enumerate(lines):
            if ESCAPED.search(line):
                found[number] |= self._all
        return found
