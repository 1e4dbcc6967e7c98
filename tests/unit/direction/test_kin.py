"""Implications between patterns with the same texts."""

from __future__ import annotations

from tocsin.direction.kin import implications
from tocsin.ir.nodes import Keyword, Leaf, Text, Wild

MANY = Wild.MANY
WHOLE, INSIDE, AT_END = Text(("ab",)), Text((MANY, "ab", MANY)), Text((MANY, "ab"))
CASED = Text((MANY, "AB"), cased=True)


def test_what_a_weaker_modifier_takes_is_known() -> None:
    leaves = {Leaf("f", test): n for n, test in enumerate((WHOLE, INSIDE, AT_END, CASED), 1)}
    assert set(implications(leaves)) == {(-1, 2), (-1, 3), (-3, 2), (-4, 2), (-4, 3)}


def test_other_fields_and_other_texts_are_no_kin() -> None:
    others = {
        Leaf("f", WHOLE): 1,
        Leaf("g", INSIDE): 2,
        Keyword(INSIDE): 3,
        Leaf("f", Text(("a", MANY))): 4,
    }
    assert list(implications(others)) == []
