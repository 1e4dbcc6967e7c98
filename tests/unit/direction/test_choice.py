"""A text that one test takes and others do not."""

from __future__ import annotations

import pytest

from tocsin.direction.choice import ANY_TEXT, Covered, choose
from tocsin.direction.effort import Effort
from tocsin.ir.leaf import passes
from tocsin.ir.nodes import Cidr, Compare, Op, Regex, Test, Text, TimePart, Unit, Wild

MANY, ONE = Wild.MANY, Wild.ONE
CONTAINS = Text((MANY, "admin", MANY))


@pytest.mark.parametrize(
    ("test", "without"),
    [
        (CONTAINS, [CONTAINS]),
        (Text((MANY, "administrator")), [CONTAINS]),
        (Text(("admin",), cased=True), [CONTAINS]),
        (Text(("1.5",)), [Compare(Op.GT, 1)]),
        (Text(("10.0.0.1",)), [Cidr("10.0.0.0/8")]),
        (Text(("ab",)), [Regex("^[aA][bB]$")]),
        (Text((ONE, "b")), [Text((ONE, ONE))]),
        (Compare(Op.GT, 5), [Compare(Op.GTE, 5)]),
        (Compare(Op.GTE, 5), [Compare(Op.GT, 7), Compare(Op.LTE, 7)]),
        (Compare(Op.GT, 5), [Regex("[0-9]")]),
        (Cidr("10.0.0.0/8"), [Cidr("10.0.0.0/9"), Cidr("10.128.0.0/9")]),
        (Cidr("10.0.0.0/8"), [Text(("10.", MANY))]),
        (Cidr("2001:db8::/33"), [Cidr("2001:db8::/32")]),
        (TimePart(Unit.HOUR, 3, 5), [TimePart(Unit.HOUR, 3, 4), TimePart(Unit.HOUR, 5, 9)]),
        (Regex("^(rundll|regsvr)32$"), [Text(("rundll32",)), Text(("regsvr32",))]),
    ],
)
def test_what_others_take_is_covered_by_them(test: Test, without: list[Test]) -> None:
    found = choose(test, without, Effort(1_000_000))
    assert isinstance(found, Covered)
    assert set(found.by) <= set(without)


@pytest.mark.parametrize(
    ("test", "without"),
    [
        (ANY_TEXT, [CONTAINS, Text(()), Text(("x",)), Text((ONE,))]),
        (
            CONTAINS,
            [Text((MANY, "administrator", MANY)), Text((MANY, "admin")), Text(("admin", MANY))],
        ),
        (Text(("admin",)), [Text(("admin",), cased=True)]),
        (Compare(Op.GTE, 5), [Compare(Op.GT, 5)]),
        (Compare(Op.GTE, 5), [Text(("5",)), Compare(Op.GT, 5)]),
        (Compare(Op.GT, 2**60), [Compare(Op.GT, 2**61)]),
        (Cidr("10.0.0.0/8"), [Cidr("10.0.0.0/9"), Cidr("10.128.0.0/10")]),
        (TimePart(Unit.HOUR, 3, 5), [TimePart(Unit.HOUR, 3, 4), TimePart(Unit.MONTH, 1, 5)]),
        (Regex("[a-f]{4}", "i"), [Regex("[a-f]{4}")]),
        (Regex("^a.c$"), [Text(("abc",)), Text(("aac",)), Text(("axc",))]),
    ],
)
def test_a_text_is_chosen_that_no_other_takes(test: Test, without: list[Test]) -> None:
    found = choose(test, without, Effort(1_000_000))
    assert isinstance(found, str)
    assert passes(test, found)
    assert not any(passes(other, found) for other in without)
