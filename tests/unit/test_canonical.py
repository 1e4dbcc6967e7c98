"""Identity: what changes a detection's hashes, and what does not."""

from collections.abc import Callable
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

import pytest

from authoring import RULE_ID, SOURCE, project, rule
from tocsin.canonical import canonical_bytes, digest, plain
from tocsin.front.project import load_project
from tocsin.ir.nodes import And, Compare, Const, Leaf, Op, Or, Text, Wild
from tocsin.ir.query import Query

BASE = """\
title: Refund Without Order
id: 7e0b5c1c-3a55-4a1e-9d0e-2f8b1c7d0a03
logsource:
  product: shop
  service: audit
detection:
  selection:
    action:
      - refund
      - payout
    user.name|startswith: 'svc_'
  condition: selection
"""


@pytest.fixture
def query(tmp_path: Path) -> Callable[..., Query]:
    def load(text: Any, source: str = SOURCE) -> Query:
        loaded = load_project(project(tmp_path, {"refund.yml": text}, source))
        assert loaded.diagnostics == ()
        [found] = loaded.queries
        return found

    return load


SAME_LOGIC = {
    "comments": BASE.replace("  selection:\n", "  selection:   # what we look for\n"),
    "quotes": BASE.replace("- refund", '- "refund"').replace("'svc_'", "svc_"),
    "flow style": BASE.replace("\n      - refund\n      - payout\n", " [refund, payout]\n"),
    "the order of keys": BASE.replace("title: Refund Without Order\n", "")
    + "title: Refund Without Order\n",
    "the order of items": BASE.replace("    user.name|startswith: 'svc_'\n", "").replace(
        "    action:\n", "    user.name|startswith: svc_\n    action:\n"
    ),
    "the order of values": BASE.replace("- refund", "- x")
    .replace("- payout", "- refund")
    .replace("- x", "- payout"),
    "a value twice": BASE.replace("- payout", "- payout\n      - refund"),
    "letters' case of a value": BASE.replace("- refund", "- Refund"),
    "the selection's name": BASE.replace("selection", "chosen"),
    "the condition's wording": BASE.replace("condition: selection", "condition: 1 of selec*"),
    "parentheses": BASE.replace("condition: selection", "condition: not (not (selection))"),
    "a wildcard for the modifier": BASE.replace("|startswith: 'svc_'", ": 'svc_*'"),
    "line ends of Windows": BASE.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("what", SAME_LOGIC)
def test_what_changes_neither_hash(query: Callable[..., Query], what: str) -> None:
    first, second = query(BASE), query(SAME_LOGIC[what])
    assert SAME_LOGIC[what] != BASE
    assert first.logic == second.logic
    assert first.meta == second.meta


DOCUMENTED = {
    "title": BASE.replace("Refund Without", "Refund With No"),
    "level": BASE + "level: low\n",
    "tags": BASE + "tags: [attack.t1098]\n",
    "owner": BASE + "tocsin: {owner: payments}\n",
    "description": BASE + "description: More words.\n",
    "what is done with alerts": BASE + "tocsin: {alert: {playbook: hold}}\n",
}


@pytest.mark.parametrize("what", DOCUMENTED)
def test_what_changes_the_description_alone(query: Callable[..., Query], what: str) -> None:
    first, second = query(BASE), query(DOCUMENTED[what])
    assert first.logic == second.logic
    assert first.meta != second.meta


CHANGED = {
    "a value": BASE.replace("- payout", "- payin"),
    "a modifier": BASE.replace("startswith", "endswith"),
    "case": BASE.replace("startswith", "startswith|cased"),
    "a field": BASE.replace("user.name", "address"),
    "all": BASE.replace("action:", "action|contains|all:"),
    "a negation": BASE.replace("condition: selection", "condition: not selection"),
    "an item": BASE.replace("    action:\n", "    amount|gt: 5\n    action:\n"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_what_changes_the_logic(query: Callable[..., Query], what: str) -> None:
    first, second = query(BASE), query(CHANGED[what])
    assert first.logic != second.logic
    assert first.meta == second.meta


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("source: shop", "source: store", True),
        ("action: string", "action: {type: string, from: act}", True),
        ("action: string", "action: array<string>", True),
        ("field: time", "field: action", True),
        ("amount: integer", "amount: double", False),
        ("title: Shop", "title: The Shop", False),
        ("fields:", "where: {status: 200}\nfields:", True),
    ],
)
def test_the_binding_to_the_source_is_logic(
    query: Callable[..., Query], before: str, after: str, *, changed: bool
) -> None:
    first, second = query(BASE), query(BASE, SOURCE.replace(before, after, 1))
    assert (first.logic != second.logic) is changed


def test_hashes_are_the_same_on_every_machine(query: Callable[..., Query]) -> None:
    found = query(rule())
    assert found.detection.id == RULE_ID
    assert found.logic == "47b055bfe1168c8735b4cd627dcc903c1d1a88aab9805a0ba2800cc10d538190"
    assert found.meta == "162331898e936daa72b3b896219a349330d35bc9817b04ec08a53b53cfdce765"


def test_the_order_of_nested_arguments_does_not_count(query: Callable[..., Query]) -> None:
    both = """\
title: Two
id: 7e0b5c1c-3a55-4a1e-9d0e-2f8b1c7d0a03
logsource: {product: shop, service: audit}
detection:
  a: {action: [x, y], amount: 1}
  b: {action: z, address|neq: [p, q]}
  condition: a or b
"""
    other = both.replace("a or b", "b or a").replace("[x, y]", "[y, x]").replace("[p, q]", "[q, p]")
    assert query(both).logic == query(other).logic
    assert query(both).logic != query(both.replace("a or b", "a and b")).logic


class Letter(StrEnum):
    A = "a"


class Shape(Enum):
    ROUND = "round"


def test_plain_forms() -> None:
    assert plain(Letter.A) == "a"
    assert plain(Shape.ROUND) == {"enum": "ROUND"}
    assert plain((1, {"b", "a"}, {5: None})) == [1, ["a", "b"], {"5": None}]
    assert plain(Const(value=False)) == {"node": "Const", "value": False}
    assert plain(Text(("a", Wild.MANY))) == {"node": "Text", "pattern": ["a", {"enum": "MANY"}]}


def test_a_wildcard_is_no_text() -> None:
    assert digest(Text((Wild.MANY,))) != digest(Text(("*",)))
    assert digest(Text(("MANY",))) != digest(Text((Wild.MANY,)))


def test_different_values_have_different_bytes() -> None:
    leaf = Leaf("f", Text(("a",)))
    different: list[Any] = [
        leaf,
        Leaf("f", Text(("a",), cased=True)),
        Leaf("f", Text(("a", Wild.ONE))),
        Or((leaf, Const(value=True))),
        And((leaf, Const(value=True))),
        Leaf("f", Compare(Op.GT, 9007199254740993)),
        Leaf("f", Compare(Op.GT, 9007199254740992)),
        Leaf("f", Compare(Op.GTE, 9007199254740992)),
        Leaf("f", Compare(Op.GT, 0.1)),
        Leaf("é", Text(("a",))),
        Leaf("e\u0301", Text(("a",))),
    ]
    assert len({canonical_bytes(value) for value in different}) == len(different)


def test_bytes_are_canonical() -> None:
    assert canonical_bytes({"b": 1, "a": "ä"}) == '{"a":"ä","b":1}'.encode()
