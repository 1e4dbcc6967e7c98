"""All code points in classes that a set of labels does not tell apart."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.direction.effort import Effort
from tocsin.ir.codepoints import AFTER_SURROGATES, BEFORE_SURROGATES, LAST, Range

START, BREAK, WORD, OTHER, END = range(5)
"""What stands before or after a place in a text."""
WORDS: tuple[Range, ...] = ((48, 57), (65, 90), (95, 95), (97, 122))
BREAKS: tuple[Range, ...] = ((10, 10),)
_NICE = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./\\: "


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The classes by number. `classes`: those in a label; `kinds`: what each is beside a place."""

    examples: tuple[str, ...]
    kinds: tuple[int, ...]
    classes: dict[tuple[Range, ...], frozenset[int]]


def alphabet(labels: Iterable[tuple[Range, ...]], effort: Effort, *, looks: bool) -> Alphabet:
    """The classes of some labels, the ones with a readable example first."""
    distinct = list(dict.fromkeys([*labels, *([WORDS, BREAKS] if looks else [])]))
    edges = {edge for label in distinct for low, high in label for edge in (low, high + 1)}
    borders = sorted({0, AFTER_SURROGATES, *edges})
    examples = _examples(borders, _members(distinct, borders, effort))
    inside: dict[int, set[int]] = defaultdict(set)
    for number, signature in enumerate(examples):
        for label in signature:
            inside[label].add(number)
    return Alphabet(
        tuple(examples.values()),
        tuple(_kind(char) if looks else OTHER for char in examples.values()),
        {label: frozenset(inside[n]) for n, label in enumerate(distinct)},
    )


def _members(
    labels: list[tuple[Range, ...]], borders: list[int], effort: Effort
) -> dict[int, list[int]]:
    """For each stretch from one border to the next the labels that it lies in."""
    members: dict[int, list[int]] = defaultdict(list)
    for number, label in enumerate(labels):
        for low, high in label:
            first, last = bisect_right(borders, low) - 1, bisect_right(borders, high)
            effort.spend(last - first)
            for at in range(first, last):
                members[at].append(number)
    return members


def _examples(borders: list[int], members: dict[int, list[int]]) -> dict[tuple[int, ...], str]:
    """A character of each class, by the labels that have it; readable ones first."""
    readable = {bisect_right(borders, ord(char)) - 1: char for char in reversed(_NICE)}
    found: dict[tuple[int, ...], str] = {}
    for at, low in enumerate(borders):
        if low > LAST or BEFORE_SURROGATES < low < AFTER_SURROGATES:
            continue
        signature, char = tuple(members[at]), readable.get(at, chr(low))
        found[signature] = min(found.get(signature, char), char, key=_rank)
    return dict(sorted(found.items(), key=lambda each: _rank(each[1])))


def _rank(char: str) -> tuple[int, str]:
    at = _NICE.find(char)
    return (at if at >= 0 else len(_NICE) + (not char.isprintable()), char)


def _kind(char: str) -> int:
    if char == "\n":
        return BREAK
    return WORD if char.isascii() and (char.isalnum() or char == "_") else OTHER
