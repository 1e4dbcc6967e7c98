"""Guards: literals, one of which a text must contain for a test to pass.

A guard is looked for in *search form*: folded, with U+017F as `s`, the one ASCII letter whose
case RE2 folds together with another that folding leaves apart. An empty guard says nothing.
"""

from __future__ import annotations

import re
import re._constants as op
import re._parser as parser
import warnings
from collections.abc import Iterable
from typing import Any

from tocsin.ir.nodes import Regex, Test, Text
from tocsin.ir.text import fold

Guard = tuple[str, ...]

LAST_ASCII = 128
MOST = 32
"""Literals of one guard."""
FOREIGN = re.compile(r"\[:|\\[pPzCQE0-7]|\\x\{|\(\?[A-Za-z]*[-U]|\(\?<")
"""What RE2 reads and Python's parser does not, or otherwise."""


def search_form(text: str) -> str:
    """The text as guards are looked for in it; as long as the text, in code points."""
    return text.lower() if text.isascii() else fold(text).replace("\u017f", "s")


def guard_of(test: Test) -> Guard:
    """The guard of a test."""
    if isinstance(test, Text):
        longest = max((part for part in test.pattern if isinstance(part, str)), key=len, default="")
        return (search_form(longest),) if longest else ()
    return _regex_guard(test.pattern) if isinstance(test, Regex) else ()


def required(test: Regex) -> tuple[Guard, ...]:
    """All guards of a regular expression: a text must contain a literal of each to pass."""
    return tuple(sorted(tuple(sorted(guard)) for guard in _clauses(_parsed(test.pattern))))


def _regex_guard(pattern: str) -> Guard:
    return tuple(sorted(max(_clauses(_parsed(pattern)), key=_rank, default=())))


def _parsed(pattern: str) -> Iterable[Any]:
    """The pattern's parts; none where Python's parser cannot tell them."""
    if FOREIGN.search(pattern.replace(r"\\", "")):
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return list(parser.parse(pattern))
    except (re.error, Warning, OverflowError, RecursionError):
        return ()


def _clauses(items: Iterable[Any]) -> set[frozenset[str]]:
    """What a sequence needs; a run of letters is one literal."""
    found: set[frozenset[str]] = set()
    run = ""
    for item in items:
        char = _letter(item)
        if char:
            run += char
            continue
        found |= _of(item) | {frozenset({run})}
        run = ""
    found.add(frozenset({run}))
    return {guard for guard in found if "" not in guard and len(guard) <= MOST}


def _letter(item: Any) -> str:
    """The one letter, in search form, that an item is; non-ASCII ones have too many cases."""
    kind, what = item
    if kind is op.LITERAL and what < LAST_ASCII:
        return chr(what).lower()
    if kind is op.IN:
        letters = {_letter(each) for each in what}
        return letters.pop() if len(letters) == 1 else ""
    return ""


def _of(item: Any) -> set[frozenset[str]]:
    kind, what = item
    if kind is op.SUBPATTERN:
        return _clauses(what[-1])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT) and what[0] > 0:
        return _clauses(what[2])
    if kind is op.BRANCH:
        best = [max(_clauses(branch), key=_rank, default=None) for branch in what[1]]
        return {frozenset().union(*(each for each in best if each))} if all(best) else set()
    return set()


def _rank(guard: frozenset[str]) -> tuple[int, int, list[str]]:
    """Of equally good guards the one of the last letters: sets have no order of their own."""
    return min(map(len, guard)), -len(guard), sorted(guard)
