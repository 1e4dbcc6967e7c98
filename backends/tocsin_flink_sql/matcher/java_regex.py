"""What the Java matcher needs beside a pack: regular expressions and letters in Java's terms."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from tocsin.canonical import canonical_bytes
from tocsin.ir.nodes import Keyword, Leaf, Regex
from tocsin.ir.re2java import re2java
from tocsin.ir.text import fold
from tocsin.pack import Part

LAST = 0x10FFFF


def regexes(parts: Iterable[Part]) -> bytes:
    """Java's patterns by `flags:pattern`, as JSON. Raises Unsupported for what has no twin."""
    found = {
        leaf.test for part in parts for leaf in part.leaves if isinstance(leaf, Leaf | Keyword)
    }
    tests = [test for test in found if isinstance(test, Regex)]
    made = {f"{test.flags}:{test.pattern}": re2java(test.pattern, test.flags) for test in tests}
    return canonical_bytes(made)


@cache
def letters() -> bytes:
    """Pairs of code points, a letter and its lower case as the evaluator has it, as JSON."""
    every = (chr(code) for code in range(LAST + 1))
    return canonical_bytes([[ord(c), ord(fold(c))] for c in every if c.lower() != c])
