"""Many literals searched for in many texts at once: one call of an automaton a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from ahocorasick_rs import AhoCorasick, MatchKind

from tocsin.pack.guard import search_form

_BETWEEN = "\0"
"""Stands between texts; what is found across it is no hit."""


LiteralHit = tuple[int, int, int, int]
"""Numbers of a text and of a literal in it, and where: in code points of the text."""


class Literals:
    """An automaton over literals in search form."""

    def __init__(self, literals: Sequence[str]) -> None:
        self._automaton = AhoCorasick(list(map(_encodable, literals)), matchkind=MatchKind.Standard)

    def hits(self, texts: Sequence[str]) -> Iterator[LiteralHit]:
        """All places of all literals, text by text."""
        joined = _encodable(search_form(_BETWEEN.join(texts)))
        found = self._automaton.find_matches_as_indexes(joined, overlapping=True)
        if not found:
            return
        after = list(accumulate(len(text) + 1 for text in texts))
        number, start, stop = 0, 0, after[0]
        for literal, begin, end in found:  # in the order of their ends
            while end >= stop:
                number += 1
                start, stop = stop, after[number]
            if begin >= start:
                yield number, literal, begin - start, end - start


def _encodable(text: str) -> str:
    """With `?` for half surrogate pairs, which UTF-8 has not; a few hits too many do no harm."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
