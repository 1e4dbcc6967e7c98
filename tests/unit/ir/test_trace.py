"""Why an expression holds or not."""

from typing import Any

import pytest

from tocsin.front.condition import lower_condition
from tocsin.front.item import lower_item
from tocsin.front.sigma import parse_condition
from tocsin.ir.evaluate import View
from tocsin.ir.nodes import Const, Expr
from tocsin.ir.trace import decisive, label, lines, trace


def expression(condition: str, **items: Any) -> Expr:
    names = dict(zip("abcd", items.items(), strict=False))
    selections = {name: lower_item(key, value) for name, (key, value) in names.items()}
    return lower_condition(parse_condition(condition), selections)


def told(expr: Expr, event: dict[str, Any], *, short: bool = True) -> list[str]:
    tree = trace(expr, View(event))
    return list(lines(decisive(tree) if short else tree))


def test_the_whole_tree_with_what_the_event_has() -> None:
    expr = expression("a and not (b or c)", f="x", g="y", h="z")
    assert told(expr, {"f": "X", "h": ["z", 1]}, short=False) == [
        "- all of",
        "  + f is 'x'   (event: 'X')",
        "  - not",
        "    + any of",
        "      - g is 'y'   (event: missing)",
        "      + h is 'z'   (event: 'z', '1')",
    ]


def test_only_what_decided() -> None:
    expr = expression("a and b and c", f="x", g="y", h="z")
    assert told(expr, {"f": "x", "g": "no", "h": "z"}) == [
        "- all of",
        "  - g is 'y'   (event: 'no')",
    ]
    either = expression("a or b", f="x", g="y")
    assert told(either, {"f": "x"}) == ["+ any of", "  + f is 'x'   (event: 'x')"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("f", "a*b", "f is 'a*b'"),
        ("f|cased", "A", "f is 'A' (case-sensitive)"),
        ("f|re|i", "a.b", "f has a match of /a.b/i"),
        ("f|cidr", "10.0.0.0/8", "f is an address in 10.0.0.0/8"),
        ("f|gte", 5, "f >= 5"),
        ("f|week", 5, "f is a time whose week is 5"),
        ("f", None, "f is missing"),
        ("f|fieldref|contains", "g", "f contains the value of g"),
        ("", "word", "any value is '*word*'"),
    ],
)
def test_labels(key: str, value: Any, said: str) -> None:
    assert label(lower_item(key, value)) == said


def test_maps_long_values_and_comparisons_of_fields() -> None:
    assert told(lower_item("f", "x"), {"f": {}}) == ["- f is 'x'   (event: a map)"]
    [line] = told(lower_item("f", "x"), {"f": "y" * 5000})
    assert len(line) < 200
    [line] = told(lower_item("f|fieldref", "g"), {"f": "a"})
    assert line == "- f equals the value of g   (event: 'a' and missing)"
    assert told(Const(value=True), {}) == ["+ true"]


def test_control_characters_do_not_reach_a_terminal() -> None:
    [line] = told(lower_item("f", "x"), {"f": "\x1b[31mred\u202e\n\0"})
    assert line.isprintable()


def test_control_characters_of_a_rule_do_not_either() -> None:
    [line] = told(lower_item("f\x1b[2J|re", "\x1b\n"), {})
    assert line == r"- f\x1b[2J has a match of /\x1b\n/   (event: missing)"
