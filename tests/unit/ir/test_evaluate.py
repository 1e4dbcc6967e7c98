"""The reference evaluator, node by node."""

import ipaddress
from typing import Any

import pytest

from tocsin.ir.cidr import cidr_regex
from tocsin.ir.evaluate import View, evaluate, predicate
from tocsin.ir.leaf import passes, regex
from tocsin.ir.nodes import (
    And,
    Cidr,
    Const,
    Expr,
    FieldRef,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Or,
    Regex,
    Text,
    all_of,
    any_of,
    negate,
)
from tocsin.ir.times import parse_time

TRUE, FALSE = Const(value=True), Const(value=False)
A, B = Leaf("a", Text(("x",))), Leaf("b", Text(("y",)))


@pytest.mark.parametrize(
    ("expr", "event", "holds"),
    [
        (And((A, B)), {"a": "x", "b": "y"}, True),
        (And((A, B)), {"a": "x"}, False),
        (Or((A, B)), {"b": "Y"}, True),
        (Or((A, B)), {}, False),
        (Not(A), {}, True),
        (TRUE, {}, True),
        (FALSE, {}, False),
        (IsNull("a"), {"a": [None]}, True),
        (IsNull("a"), {"a": {}}, False),
        (Keyword(Text(("x",))), {"b": {"c": ["X"]}}, True),
        (Keyword(Text(("x",))), {"x": "b"}, False),
        (FieldRef("a", "b"), {"a": "X", "b": "x"}, True),
    ],
)
def test_nodes(expr: Expr, event: dict[str, Any], *, holds: bool) -> None:
    assert evaluate(expr, event) is holds


def test_a_predicate_serves_many_events() -> None:
    holds = predicate(And((A, Not(B))))
    assert [holds(View(e)) for e in ({"a": "x"}, {"a": "x", "b": "y"}, {})] == [True, False, False]


def test_a_view_reads_renamed_fields_from_their_path() -> None:
    view = View({"x.y": {"z": 1}, "a": 2}, {"a": ("x.y", "z")})
    assert view.texts("a") == ("1",)
    assert view.texts("x.y") == ()


def test_the_smallest_form_of_and_or_and_not() -> None:
    assert any_of([]) == FALSE
    assert all_of([]) == TRUE
    assert any_of([A, FALSE, A]) == A
    assert all_of([A, TRUE]) == A
    assert any_of([A, TRUE]) == TRUE
    assert all_of([A, FALSE]) == FALSE
    assert any_of([A, Or((B, A))]) == Or((A, B))
    assert all_of([And((A, B)), B]) == And((A, B))
    assert negate(negate(A)) == A
    assert negate(TRUE) == FALSE


ADDRESSES = [
    "10.0.0.1",
    "10.255.255.255",
    "11.0.0.0",
    "010.0.0.1",
    "10.0.0.1 ",
    "::ffff:10.0.0.1",
    "::FFFF:a00:1",
    "0:0:0:0:0:ffff:10.0.0.1",
    "fe80::1",
    "FE80:0:0::1",
    "fe80::1%eth0",
    "fe80:0:0:0:0:0:0:1",
    "fe80::0001",
    "fe80::00001",
    "::",
    "::1",
    "1::",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
    "1::2::3",
    "1:2:3",
    "",
    "-",
    "localhost",
    "1.2.3",
    "1.2.3.4.5",
    "256.0.0.1",
    "1.2.3.4/32",
    "\u0661.0.0.1",
    "2001:db8::192.0.2.1",
    "2001:db8::192.0.2.01",
]
NETWORKS = ["10.0.0.0/8", "0.0.0.0/0", "10.0.0.0/31", "::/0", "fe80::/10", "::ffff:0:0/96"]
NETWORKS += ["::1/128", "1:2:3:4:5:6:7:8/127", "2001:db8::/33", "0.0.0.0/32"]


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_and_its_regular_expression_agree(network: str) -> None:
    pattern = regex(rf"\A(?:{cidr_regex(network)})\z")
    for address in ADDRESSES:
        parsed = passes(Cidr(network), address)
        assert parsed is (pattern.search(address) is not None), address


def test_a_network_takes_exactly_its_addresses() -> None:
    for address in ipaddress.ip_network("192.0.2.64/27"):
        assert passes(Cidr("192.0.2.64/27"), str(address))
    assert not passes(Cidr("192.0.2.64/27"), "192.0.2.63")
    assert not passes(Cidr("192.0.2.64/27"), "192.0.2.96")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-02", "2026-01-02T00:00:00+00:00"),
        ("2026-01-02T03:04", "2026-01-02T03:04:00+00:00"),
        ("2026-01-02T03:04:05.999999999Z", "2026-01-02T03:04:05.999000+00:00"),
        ("2026-01-02 03:04:05+14:00", "2026-01-01T13:04:05+00:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00"),
    ],
)
def test_times(text: str, moment: str) -> None:
    found = parse_time(text)
    assert found is not None
    assert found.isoformat() == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-1-2",
        "20260102",
        "2026-01-02T03",
        "2026-01-02t03:04:05z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05+01:60",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05 Z",
        "2026-01-02T03:60:00Z",
        "2026-01-02T24:00:00Z",
        "2026-02-30",
        "9999-12-31T23:59:59-00:01",
        "\uff12\uff10\uff12\uff16-01-02",
        "2026-W01-1",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert parse_time(text) is None


def test_a_regular_expression_of_one_flag_group() -> None:
    assert passes(Regex("^a.b|c$", "is"), "A\nB")
    assert passes(Regex("x|^B", "im"), "a\nb")
    assert not passes(Regex("(?-i)A", "i"), "a")
