"""A text that one test takes and others do not, or the reason why there is none."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.direction.effort import Effort, OutOfEffortError
from tocsin.direction.inclusion import find
from tocsin.direction.languages import is_exact, language, unfolded
from tocsin.direction.samples import filled, samples, turning_texts
from tocsin.ir.java_tree import RegexNode
from tocsin.ir.leaf import checker, passes
from tocsin.ir.nodes import Cidr, Compare, Regex, Test, Text, TimePart, Wild

ANY_TEXT = Text((Wild.MANY,))
PRIVATE = "".join(map(chr, range(0xE000, 0xE100)))
"""Characters without a meaning, which no rule names."""
MOST_TOGETHER = 12
"""Tests that one is compared with at once."""


@dataclass(frozen=True, slots=True)
class Covered:
    """Every text that the test takes is taken by one of these, too."""

    by: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Neither a text was found nor that there is none."""

    why: str


TextChoice = str | Covered | Undecided


def choose(test: Test, without: Sequence[Test], effort: Effort) -> TextChoice:
    """A text that the test takes and none of the others, if there is one."""
    if test in without:
        return Covered((test,))
    effort.spend(len(without))
    checks = {other: checker(other) for other in without}
    for text in samples(test):
        if _taker(text, checks, effort) is None:
            return text
    for way in (_by_turns, _by_fresh, _by_language):
        found = way(test, checks, effort)
        if found is not None:
            return found
    return Undecided(f"values that {type(test).__name__} takes")


Checks = Mapping[Test, Callable[[str], bool]]


def _taker(text: str, checks: Checks, effort: Effort) -> Test | None:
    """The first of the tests that takes the text."""
    effort.spend(1 + len(checks) // 4)
    return next((test for test, check in checks.items() if check(text)), None)


def _by_turns(test: Test, checks: Checks, effort: Effort) -> TextChoice | None:
    """Numbers, addresses, parts of times: where their answers change."""
    alike = {other: check for other, check in checks.items() if _alike(test, other)}
    texts = turning_texts([test, *alike]) or ()
    mine = checker(test)
    by: dict[Test, None] = {}
    uncovered = False
    for text in filter(mine, texts):
        if _taker(text, checks, effort) is None:
            return text
        cover = _taker(text, alike, effort)
        by |= {cover: None} if cover else {}
        uncovered = uncovered or cover is None
    return Covered(tuple(by)) if by and not uncovered else None


def _alike(test: Test, other: Test) -> bool:
    match test, other:
        case (Compare(), Compare()) | (Cidr(), Cidr()):
            return True
        case TimePart(unit), TimePart(same):
            return unit is same
    return False


def _by_fresh(test: Test, checks: Checks, effort: Effort) -> TextChoice | None:
    """A pattern with a character in the place of its wildcards that no other pattern names.

    A pattern without `?` that takes this text takes all texts of the first: what stands in the
    place of a wildcard can only be read by a `*`.
    """
    text = _with_fresh(test, [other for other in checks if isinstance(other, Text)])
    if not isinstance(test, Text) or text is None:
        return None
    takers = [other for other, check in checks.items() if check(text)]
    effort.spend(1 + len(checks) // 4)
    if not takers:
        return text
    covers = (other for other in takers if _reads_alike(test, other))
    return next((Covered((other,)) for other in covers), None)


def takes_all_of(other: Text, test: Text) -> bool:
    """Whether a pattern takes all that another one takes; False where it is not easy to tell."""
    text = _with_fresh(test, [other])
    return text is not None and _reads_alike(test, other) and passes(other, text)


def _with_fresh(test: Test, others: Sequence[Text]) -> str | None:
    """The text of a pattern, a character that none of them names in the place of wildcards."""
    if not isinstance(test, Text):
        return None
    named = {char for each in (test, *others) for char in _named(each)}
    fresh = next((char for char in _fresh() if char not in named), None)
    return None if fresh is None else filled(test.pattern, fresh, fresh)


def _named(test: Text) -> Iterator[str]:
    for part in test.pattern:
        yield from part if isinstance(part, str) else ()


def _fresh() -> Iterable[str]:
    return string.ascii_lowercase + string.digits + PRIVATE


def _reads_alike(test: Text, other: Test) -> bool:
    """Whether the text with the fresh character stands for all texts of the first."""
    plain = not any(isinstance(part, Wild) for part in test.pattern)
    if plain and (test.cased or _caseless(test)):
        return True  # it takes one text only
    if not isinstance(other, Text) or Wild.ONE in other.pattern:
        return False
    return not other.cased or test.cased or _caseless(test)


def _caseless(test: Text) -> bool:
    """Whether its characters have no other case."""
    return not any(
        char.isalpha() if char.isascii() else char in unfolded() for char in _named(test)
    )


def _by_language(test: Test, checks: Checks, effort: Effort) -> TextChoice | None:
    """Languages: those of the others are taken in where a text asks for it."""
    mine = language(test)
    if mine is None:
        return None
    alike = (o for o in checks if isinstance(o, Regex | Cidr) and language(o) == mine)
    if same := next(alike, None):
        return Covered((same,))
    taken = {} if is_exact(test) else _takers(test, checks, effort)
    try:
        while len(taken) <= MOST_TOGETHER:
            text = find([mine], list(taken.values()), effort)
            if text is None:
                return Covered(tuple(taken))
            by = _taker(text, checks, effort) if checker(test)(text) else test
            if by is None:
                return text
            theirs = language(by) if is_exact(by) and by not in taken else None
            if theirs is None or by == test:
                return None
            taken[by] = theirs
    except OutOfEffortError:
        if effort.left < 0:
            raise
    return None


def _takers(test: Test, checks: Checks, effort: Effort) -> dict[Test, RegexNode]:
    """What takes samples of a test whose language is not known exactly."""
    by = [_taker(text, checks, effort) for text in samples(test)]
    exact = (other for other in by if other is not None and is_exact(other))
    return {other: node for other in exact if (node := language(other)) is not None}
