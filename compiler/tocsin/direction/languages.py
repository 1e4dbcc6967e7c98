"""The texts that a test takes, as a regular expression for the whole text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache

from tocsin.errors import Unsupported
from tocsin.ir.cidr import cidr_regex
from tocsin.ir.java_tree import Chars, RegexNode, Repeat, Run, parsed
from tocsin.ir.nodes import Cidr, Compare, Pattern, Regex, Test, Text, TimePart, Wild
from tocsin.ir.re2java import ANY, re2java
from tocsin.ir.text import NUMBER, fold

LAST_CASED = 0x1E943
"""No code point beyond has a lower case of its own."""
ANYTHING = Repeat(Chars(ANY), 0, None)
_TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?"


@cache
def unfolded() -> dict[str, str]:
    """For each folded character all others that fold to it."""
    found: dict[str, str] = defaultdict(str)
    for char in map(chr, range(LAST_CASED + 1)):
        if (low := fold(char)) != char:
            found[low] += char
    return dict(found)


def is_exact(test: Test) -> bool:
    """Whether `language` is just what the test takes; of others it takes a part."""
    return not isinstance(test, Compare | TimePart)


@lru_cache(maxsize=4096)
def language(test: Test) -> RegexNode | None:
    """All texts that a test takes, and perhaps more (`is_exact`); None where that is not known."""
    try:
        match test:
            case Text(pattern, cased):
                return Run(tuple(_pattern(pattern, cased=cased)))
            case Regex(pattern, flags):
                return Run((ANYTHING, parsed(re2java(pattern, flags)), ANYTHING))
            case Cidr(network):
                return parsed(re2java(cidr_regex(network)))
            case Compare():
                return parsed(re2java(NUMBER.pattern))
            case TimePart():
                return parsed(re2java(_TIME))
    except (Unsupported, RecursionError):
        return None


def _pattern(pattern: Pattern, *, cased: bool) -> Iterator[RegexNode]:
    for part in pattern:
        if part is Wild.MANY:
            yield ANYTHING
        elif part is Wild.ONE:
            yield Chars(ANY)
        else:
            yield from (_char(char, cased=cased) for char in str(part))


def _char(char: str, *, cased: bool) -> RegexNode:
    codes = sorted(map(ord, char if cased else char + unfolded().get(char, "")))
    return Chars(tuple((code, code) for code in codes))
