"""Edits of rules whose direction is known from how they are made.

An edit takes a rule as plain YAML and gives two versions with the kinds that may be true of the
change, or None where there is nothing of the sort to change. "May": a value that is added to a list
can be taken in already, so that what widens a rule leaves some as they are.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tocsin.direction.verdict import DirectionKind
from tocsin.front.sigma import Combined, ConditionTree, Name, parse_condition

Kinds = frozenset[DirectionKind]
Changed = tuple[dict[str, Any], dict[str, Any], Kinds]
"""The old rule, the new one, and what may be true of the change."""

EQUAL = frozenset({DirectionKind.EQUAL})
NARROWER = frozenset({DirectionKind.NARROWER})
WIDER = frozenset({DirectionKind.WIDER})
INCOMPARABLE = frozenset({DirectionKind.INCOMPARABLE})
LESS, MORE = NARROWER | EQUAL, WIDER | EQUAL
EDGES = ("contains", "startswith", "endswith")
TYPED = ("re", "cidr", "exists", "fieldref", "gt", "gte", "lt", "lte", "expand", "neq")
ENCODED = ("base64", "base64offset", "wide", "utf16", "utf16le", "utf16be")
ADDED = "a value that no rule has"
OTHER = "User"
"""A field that is compared with others."""


class UnfitError(Exception):
    """An edit does not fit a rule after all."""


@dataclass(slots=True)
class Draft:
    """A copy of a rule to change; `field` is one of its source that the rule does not look at.

    `old` is another copy, for edits that give the rule something to change.
    """

    rule: dict[str, Any]
    old: dict[str, Any]
    random: random.Random
    field: str

    @property
    def detection(self) -> dict[str, Any]:
        """Selections and the condition."""
        found: dict[str, Any] = self.rule["detection"]
        return found

    @property
    def condition(self) -> str:
        """The condition, where it is one text; else empty."""
        found = self.detection.get("condition")
        return found if isinstance(found, str) else ""

    def items(self, *, positive: bool) -> Iterator[tuple[dict[str, Any], str]]:
        """The items (a map and a key in it) of selections that are asked for, or negated."""
        signs = dict(_signs(parse_condition(self.condition), list(self.selections), sign=True))
        for name, selection in self.selections.items():
            if signs.get(name) != {positive}:
                continue
            for block in selection if isinstance(selection, list) else [selection]:
                if isinstance(block, dict):
                    yield from ((block, key) for key in block)

    @property
    def selections(self) -> dict[str, Any]:
        """All but the condition."""
        return {k: v for k, v in self.detection.items() if k != "condition"}

    def one(
        self, fits: Callable[[str, Any], bool], *, positive: bool = True
    ) -> tuple[dict[str, Any], str] | None:
        """An item that fits by its key and value, by chance; None where there is none."""
        found = [(b, k) for b, k in self.items(positive=positive) if fits(k, b[k])]
        return self.random.choice(found) if found else None

    def renamed(self, block: dict[str, Any], key: str, new: str, value: Any = None) -> None:
        """Another key for an item, in its place; Unfit where it is taken."""
        if new in block:
            raise UnfitError
        items = list(block.items())
        block.clear()
        for name, old in items:
            block[new if name == key else name] = (
                value if name == key and value is not None else old
            )


def _signs(tree: ConditionTree, names: list[str], *, sign: bool) -> Iterator[tuple[str, set[bool]]]:
    found: dict[str, set[bool]] = {}
    for name, each in _asked(tree, names, sign=sign):
        found.setdefault(name, set()).add(each)
    yield from found.items()


def _asked(tree: ConditionTree, names: list[str], *, sign: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(tree, Combined):
        for arg in tree.args:
            yield from _asked(arg, names, sign=sign is not (tree.operator == "not"))
    elif isinstance(tree, Name):
        yield tree.name, sign
    else:
        pattern = "*" if tree.pattern == "them" else tree.pattern
        yield from ((name, sign) for name in names if fnmatchcase(name, pattern))


def modifiers(key: str) -> list[str]:
    return key.split("|")[1:]


def plain_texts(key: str, value: Any) -> bool:
    """An item of texts without anything that encodes or types them."""
    texts = value if isinstance(value, list) else [value]
    strange = set(modifiers(key)) & {*TYPED, *ENCODED, "windash", "cased"}
    return not strange and not key.startswith("|") and all(isinstance(v, str) and v for v in texts)


Edit = Callable[[Draft], Kinds | None]
EDITS: dict[str, Edit] = {}


def edit(name: str) -> Callable[[Edit], Edit]:
    """One of the edits, by what it does."""

    def named(make: Edit) -> Edit:
        EDITS[name] = make
        return make

    return named


def changed(name: str, rule: dict[str, Any], field: str, seed: int) -> Changed | None:
    """The rule before and after an edit of this name, and what may be true of it."""
    chance = random.Random(f"{name} {seed}")  # noqa: S311 - a choice, no secret
    draft = Draft(deepcopy(rule), deepcopy(rule), chance, field)
    if not draft.condition or re.search(r"\bthem\b", draft.condition):
        return None
    try:
        kinds = EDITS[name](draft)
    except UnfitError:
        return None
    return None if kinds is None else (draft.old, draft.rule, kinds)
