"""Guards: literals of which a text must hold one before a test can pass.

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


def _regex_guard(pattern: str) -> Guard:
    if FOREIGN.search(pattern.replace(r"\\", "")):
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = parser.parse(pattern)
    except (re.error, Warning, OverflowError, RecursionError):
        return ()
    guard = _sequence(parsed)
    return tuple(sorted(guard)) if _worth(guard) else ()


def _sequence(items: Iterable[Any]) -> frozenset[str]:
    """The best guard that any part of a sequence gives; a run of letters is one part."""
    best: frozenset[str] = frozenset()
    run = ""
    for item in items:
        char = _letter(item)
        if char:
            run += char
            continue
        best = max(best, frozenset({run} - {""}), _of(item), key=_rank)
        run = ""
    return max(best, frozenset({run} - {""}), key=_rank)


def _letter(item: Any) -> str:
    """The one letter, in search form, that an item is; non-ASCII ones have too many cases."""
    kind, what = item
    if kind is op.LITERAL and what < LAST_ASCII:
        return chr(what).lower()
    if kind is op.IN:
        letters = {_letter(each) for each in what}
        return letters.pop() if len(letters) == 1 else ""
    return ""


def _of(item: Any) -> frozenset[str]:
    kind, what = item
    if kind is op.SUBPATTERN:
        return _sequence(what[-1])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT) and what[0] > 0:
        return _sequence(what[2])
    if kind is op.BRANCH:
        guards = [_sequence(branch) for branch in what[1]]
        return frozenset().union(*guards) if all(guards) else frozenset()
    return frozenset()


def _worth(guard: frozenset[str]) -> bool:
    return 0 < len(guard) <= MOST


def _rank(guard: frozenset[str]) -> tuple[bool, int, int]:
    return _worth(guard), min(map(len, guard), default=0), -len(guard)
