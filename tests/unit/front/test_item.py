"""Items: what a line of a selection becomes, and what it says when it has no meaning."""

from typing import Any

import pytest

from tocsin.front.budget import TooMuch, of_file
from tocsin.front.item import lower_item
from tocsin.front.key import ItemError, parse_key
from tocsin.ir.nodes import (
    And,
    Cidr,
    Compare,
    Const,
    Expr,
    FieldRef,
    How,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Op,
    Or,
    Regex,
    Text,
    TimePart,
    Unit,
    Wild,
)

MANY = Wild.MANY


def text(value: str) -> Leaf:
    return Leaf("f", Text((value,)))


@pytest.mark.parametrize(
    ("key", "value", "expr"),
    [
        ("f", "Ab", text("ab")),
        ("f|cased", "Ab", Leaf("f", Text(("Ab",), cased=True))),
        ("f", 5.0, text("5")),
        ("f", True, text("true")),
        ("f", ["a", "a"], text("a")),
        ("f", ["a", "b"], Or((text("a"), text("b")))),
        ("f|contains|all", ["a"], Leaf("f", Text((MANY, "a", MANY)))),
        ("f|neq", ["a", "b"], Not(Or((text("a"), text("b"))))),
        ("f|all|neq", ["a", "b"], Not(And((text("a"), text("b"))))),
        ("f", None, IsNull("f")),
        ("f|neq", None, Not(IsNull("f"))),
        ("f", "*", Not(IsNull("f"))),
        ("f|contains", "", Not(IsNull("f"))),
        ("f|neq", "*", IsNull("f")),
        ("f|exists", True, Not(IsNull("f"))),
        ("f|exists", False, IsNull("f")),
        ("f|re|s|i", "a.b", Leaf("f", Regex("a.b", "is"))),
        ("f|re|dotall|multiline", "a", Leaf("f", Regex("a", "ms"))),
        ("f|cidr", "10.0.0.0/255.0.0.0", Leaf("f", Cidr("10.0.0.0/8"))),
        ("f|cidr", "::FFFF:0:0/96", Leaf("f", Cidr("::ffff:0:0/96"))),
        ("f|gte", 2**53 + 1, Leaf("f", Compare(Op.GTE, 9007199254740993))),
        ("f|lt", 5.0, Leaf("f", Compare(Op.LT, 5))),
        ("f|week", 53, Leaf("f", TimePart(Unit.WEEK, 53, 53))),
        ("f|hour|gte", 20, Leaf("f", TimePart(Unit.HOUR, 20, 23))),
        ("f|hour|gt", 20, Leaf("f", TimePart(Unit.HOUR, 21, 23))),
        ("f|minute|lt", 7, Leaf("f", TimePart(Unit.MINUTE, 0, 6))),
        ("f|month|lte", 7, Leaf("f", TimePart(Unit.MONTH, 1, 7))),
        ("f|hour|gt", 23, Const(value=False)),
        ("f|day|lt", 1, Const(value=False)),
        ("f|hour|gt|neq", 20, Not(Leaf("f", TimePart(Unit.HOUR, 21, 23)))),
        ("f|hour|gt|expand", "%h%", Leaf("f", TimePart(Unit.HOUR, 21, 23))),
        ("f|fieldref", "g", FieldRef("f", "g")),
        ("f|fieldref|endswith|cased", "g", FieldRef("f", "g", How.ENDSWITH, cased=True)),
        ("", "a", Keyword(Text((MANY, "a", MANY)))),
        ("|startswith", "a", Keyword(Text(("a", MANY)))),
        ("|re", "a", Keyword(Regex("a"))),
        ("|cased", "A", Keyword(Text((MANY, "A", MANY), cased=True))),
    ],
)
def test_lowering(key: str, value: Any, expr: Expr) -> None:
    assert lower_item(key, value, {"h": ("20",)}) == expr


def test_numbers_are_compared_by_their_type_too() -> None:
    lowered = lower_item("f|lt", 5.0)
    assert isinstance(lowered, Leaf)
    assert isinstance(lowered.test, Compare)
    assert isinstance(lowered.test.number, int)


@pytest.mark.parametrize(
    ("key", "value", "code", "said"),
    [
        ("f|contain", "a", "TOC021", "unknown modifier 'contain'"),
        ("f|", "a", "TOC021", "unknown modifier ''"),
        ("f|Contains", "a", "TOC021", "unknown modifier 'Contains'"),
        ("f|re|re", "a", "TOC022", "given twice"),
        ("f|re|cidr", "a", "TOC022", "'re' and 'cidr' cannot be combined"),
        ("f|re|endswith", "a", "TOC022", "'endswith' and 're' cannot be combined"),
        ("f|i", "a", "TOC022", "'i' needs 're'"),
        ("|exists", True, "TOC022", "'exists' needs a field"),
        ("f", [], "TOC020", "empty list"),
        ("f", {"a": 1}, "TOC020", "text, a number or a boolean"),
        ("f|contains", None, "TOC023", "null needs a field, and takes no modifier"),
        ("f", ["a", None], "TOC023", "null inside a list"),
        ("f|re", "(?=x)", "TOC024", "invalid perl operator"),
        ("f|re", True, "TOC024", "must be text"),
        ("f|cidr", "10.0.0.1/8", "TOC025", "host bits"),
        ("f|cidr", "fe80::%1/10", "TOC025", "has a zone"),
        ("f|expand", "%x%", "TOC026", "the placeholder %x% is not defined"),
        ("f|gt", "5", "TOC022", "gt needs a number"),
        ("f|hour", 24, "TOC022", "an integer from 0 to 23"),
        ("f|hour|gte", 24, "TOC022", "an integer from 0 to 23"),
        ("f|day|lt", 0, "TOC022", "an integer from 1 to 31"),
        ("f|hour|gte", 19.5, "TOC022", "an integer from 0 to 23"),
        ("f|hour|gte", "20", "TOC022", "an integer from 0 to 23"),
        ("f|gte|hour", 20, "TOC022", "'gte' and 'hour' cannot be combined"),
        ("f|hour|gte|lt", 20, "TOC022", "'hour' and 'lt' cannot be combined"),
        ("f|hour|day", 20, "TOC022", "'hour' and 'day' cannot be combined"),
        ("f|hour|gte|cased", 20, "TOC022", "'cased' and 'hour' cannot be combined"),
        ("f|hour", True, "TOC022", "an integer from 0 to 23"),
        ("f|fieldref|contains|endswith", "g", "TOC022", "contains and endswith cannot be combined"),
        ("f|base64offset", "a", "TOC022", "at least two bytes"),
    ],
)
def test_refusals(key: str, value: Any, code: str, said: str) -> None:
    with pytest.raises(ItemError) as caught:
        lower_item(key, value)
    assert caught.value.code == code
    assert said in str(caught.value)


def test_a_modifier_that_is_nearly_known_gets_a_suggestion() -> None:
    with pytest.raises(ItemError) as caught:
        parse_key("f|StartWith")
    assert caught.value.hint == "did you mean 'startswith'?"


def test_a_modifier_like_no_other_gets_the_list() -> None:
    with pytest.raises(ItemError) as caught:
        parse_key("f|xyzzy")
    assert "base64offset" in caught.value.hint


def test_the_number_of_the_bad_value_is_known() -> None:
    with pytest.raises(ItemError) as caught:
        lower_item("f|cidr", ["10.0.0.0/8", "10.0.0.0/9", "nonsense"])
    assert caught.value.value == 2


def test_expand_has_a_limit() -> None:
    many = {"a": tuple(map(str, range(400))), "b": tuple(map(str, range(400)))}
    with pytest.raises(TooMuch, match="the detection: more than 10000 tests"):
        lower_item("f|expand", "%a%%b%", many, of_file().part())
