"""Conditions: the grammar, and where the trouble is."""

from contextlib import suppress

import pytest

from tocsin.front.condition import SelectionError, has_negation, lower_condition, names_in
from tocsin.front.sigma import ConditionError, parse_condition
from tocsin.ir.nodes import And, Const, Expr, IsNull, Not, Or

SELECTIONS: dict[str, Expr] = {
    name: IsNull(name) for name in ("a", "b", "c", "sel_1", "sel_2", "_p")
}
A, B, C, P = (IsNull(name) for name in ("a", "b", "c", "_p"))
SEL = (IsNull("sel_1"), IsNull("sel_2"))


@pytest.mark.parametrize(
    ("text", "expr"),
    [
        ("a", A),
        ("a and b or c", Or((And((A, B)), C))),
        ("a or b and c", Or((A, And((B, C))))),
        ("not a and b", And((Not(A), B))),
        ("not (a and b)", Not(And((A, B)))),
        ("not not a", A),
        ("((a))", A),
        ("a and a", A),
        ("a and (b and c)", And((A, B, C))),
        ("1 of sel_*", Or(SEL)),
        ("all of sel_*", And(SEL)),
        ("not 1 of sel_*", Not(Or(SEL))),
        ("1 of sel_1", SEL[0]),
        ("all of them", And((A, B, C, *SEL))),
        ("1 of _*", P),
        ("_p", P),
        ("1 of *_1", SEL[0]),
    ],
)
def test_lowering(text: str, expr: Expr) -> None:
    assert lower_condition(parse_condition(text), SELECTIONS) == expr


@pytest.mark.parametrize("text", ["d", "a and d", "1 of d*", "all of d", "A", "sel", "1 of sel"])
def test_names_of_nothing(text: str) -> None:
    with pytest.raises(SelectionError) as caught:
        lower_condition(parse_condition(text), SELECTIONS)
    assert caught.value.hint == "selections: a, b, c, sel_1, sel_2, _p"


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("a b", 2),
        ("a and", 2),
        ("a and (b", 0),
        ("a)", 1),
        ("a xor b", 2),
        ("a | count() > 5", 2),
        ("a && b", 2),
        ("1 of", 2),
        ("5 of them", 2),
        ("not", 0),
        ("()", 0),
        ("a, b", 1),
        ("a ∧ b", 2),
        ("'a'", 0),
    ],
)
def test_what_is_no_condition(text: str, offset: int) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)
    assert not isinstance(caught.value, SelectionError)
    assert abs(caught.value.offset - offset) <= len(text)
    assert caught.value.hint


def test_the_trouble_is_named() -> None:
    with pytest.raises(ConditionError, match="unexpected 'xor'") as caught:
        parse_condition("a xor b")
    assert caught.value.offset == 2


@pytest.mark.parametrize(
    "text",
    [
        " and ".join(["a"] * 2000),
        "(" * 2000 + "a" + ")" * 2000,
        "not " * 2400 + "a",
        "x" * 10_000,
        "a and (" * 31 + "a" + ")" * 31,
        "not " * 990 + "a",
    ],
    ids=["long", "parentheses", "nots", "a name", "just too deep", "nots within the length"],
)
def test_absurd_conditions_end(text: str) -> None:
    with suppress(ConditionError):
        lower_condition(parse_condition(text), SELECTIONS)


def test_a_long_condition_that_is_allowed() -> None:
    text = " or ".join(["a", "b", "c"] * 250)
    assert lower_condition(parse_condition(text), SELECTIONS) == Or((A, B, C))


def test_the_deepest_parentheses_that_are_allowed() -> None:
    text = "not (a and " * 30 + "b" + ")" * 30
    assert not isinstance(lower_condition(parse_condition(text), SELECTIONS), Const)


def test_names_that_a_condition_uses() -> None:
    tree = parse_condition("a and not (1 of sel_* or b)")
    assert set(names_in(tree, SELECTIONS)) == {"a", "b", "sel_1", "sel_2"}


@pytest.mark.parametrize(("text", "has"), [("a and b", False), ("a or (b and not c)", True)])
def test_negation(text: str, has: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert has_negation(parse_condition(text)) is has
