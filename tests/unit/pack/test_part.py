"""One detection as bytes: exact both ways, strict on the way back."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.diagnostics import Span
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
    Test,
    Text,
    TimePart,
    Unit,
    Wild,
)
from tocsin.ir.query import Query
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import LogSource, Source
from tocsin.pack import Part
from tocsin.pack.tree import MAX_DEPTH, TooDeepError, expr_of

texts = st.text(max_size=6) | st.sampled_from(["*", "?", "MANY", "\\*", "", "ς", "\ud800"])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
patterns = st.lists(texts | st.sampled_from(Wild), max_size=5).map(tuple)
tests: st.SearchStrategy[Test] = st.one_of(
    st.builds(Text, patterns, st.booleans()),
    st.builds(Regex, st.sampled_from([r"a+", r"\d{3}$", "(?i)x|y"]), st.sampled_from(["", "ims"])),
    st.builds(Cidr, st.sampled_from(["10.0.0.0/8", "2001:db8::/32"])),
    st.builds(Compare, st.sampled_from(Op), numbers),
    st.builds(TimePart, st.sampled_from(Unit), st.integers(0, 30), st.integers(30, 60)),
)
leaves: st.SearchStrategy[Expr] = st.one_of(
    st.builds(IsNull, texts),
    st.builds(Leaf, texts, tests),
    st.builds(Keyword, tests),
    st.builds(FieldRef, texts, texts, st.sampled_from(How), st.booleans()),
)


def _above(below: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(below, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, below))


expressions = st.recursive(leaves | st.builds(Const, st.booleans()), _above, max_leaves=12)


EVERYTHING = Const(value=True)


def part_of(expr: Expr, where: Expr = EVERYTHING) -> Part:
    detection = Detection("d", "key", Meta(title="Title"), LogSource("p"), Span())
    return Part.of(Query(detection, Source("events", ()), where, expr))


def again(part: Part) -> Part:
    return Part.decode(part.encode())


@given(expressions, expressions)
def test_every_expression_comes_back_exactly(where: Expr, expr: Expr) -> None:
    part = part_of(expr, where)
    back = again(part)
    assert back == part
    assert back.encode() == part.encode()
    assert expr_of(back.where, back.leaves) == where
    assert expr_of(back.expr, back.leaves) == expr


@given(leaves)
def test_every_leaf_keeps_its_types(leaf: Expr) -> None:
    # repr, because 5 == 5.0 and True == 1.
    assert repr(again(part_of(leaf)).matches) == repr(leaf)


def test_a_wildcard_is_no_text() -> None:
    wild, star = (part_of(Leaf("a", Text((each,)))) for each in (Wild.MANY, "*"))
    assert wild.encode() != star.encode()
    assert (again(wild), again(star)) == (wild, star)


def test_equal_leaves_are_written_once() -> None:
    leaf = Leaf("a", Text(("x",)))
    part = part_of(Or((And((leaf, IsNull("b"))), Not(leaf))), where=leaf)
    assert part.leaves == (leaf, IsNull("b"))
    assert (part.where, part.expr) == (0, ("or", ("and", 0, 1), ("not", 0)))


def test_the_form_is_pinned() -> None:
    expr = And(
        (
            Not(IsNull("a")),
            Leaf("b", Text(("x", Wild.ONE, Wild.MANY), cased=True)),
            Leaf("b", Regex("a+secret[0-9]", "i")),
            Keyword(Text(("y",))),
            FieldRef("a", "b", How.EQUALS),
            Leaf("c", Compare(Op.GTE, 2.5)),
            Leaf("c", TimePart(Unit.HOUR, 7, 9)),
            Leaf("c", Cidr("10.0.0.0/8")),
        )
    )
    record = json.loads(part_of(expr).encode())
    assert record["where"] is True
    assert record["expr"] == ["and", ["not", 0], 1, 2, 3, 4, 5, 6, 7]
    assert record["leaves"] == [
        ["null", "a"],
        ["cased", "b", ["x", 1, 0]],
        ["regex", "b", "a+secret[0-9]", "i", ["secret"]],
        ["text", None, ["y"]],
        ["field", "a", "b", "equals", False],
        ["compare", "c", "gte", 2.5],
        ["time", "c", "hour", 7, 9],
        ["cidr", "c", "10.0.0.0/8"],
    ]


def _nested(levels: int, wrap: Callable[[Expr], Expr]) -> Expr:
    expr: Expr = IsNull("a")
    for _ in range(levels):
        expr = wrap(expr)
    return expr


@pytest.mark.parametrize(
    "wrap", [Not, lambda e: And((e, IsNull("b"))), lambda e: Or((IsNull("b"), e))]
)
def test_depth_is_limited_on_both_ways(wrap: Callable[[Expr], Expr]) -> None:
    deep = _nested(MAX_DEPTH - 1, wrap)
    part = part_of(deep)
    assert again(part).matches == deep
    with pytest.raises(TooDeepError, match="nested deeper"):
        part_of(wrap(wrap(deep)))
    more = replace(part, expr=("not", ("not", part.expr)))
    with pytest.raises(ValueError, match="expr: nested deeper"):
        again(more)


def _changed(**change: Any) -> bytes:
    part = part_of(And((Leaf("a", Text(("x",))), IsNull("b"))))
    return json.dumps({**json.loads(part.encode()), **change}).encode()


def _leaf(code: Any) -> dict[str, Any]:
    return {"leaves": [code], "expr": 0}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "later form": ({"form": 3}, "form 3 is not known"),
    "true is no form": ({"form": True}, "form True is not known"),
    "no list of leaves": ({"leaves": {}}, "leaves: expected a list"),
    "leaf that is not there": ({"expr": 2}, "expr: there is no leaf 2"),
    "negative leaf": ({"where": -1}, "where: there is no leaf -1"),
    "no condition": ({"expr": None}, "expr: not a condition: None"),
    "empty": ({"expr": []}, r"expr: not a condition: \[\]"),
    "unknown condition": ({"expr": ["xor", 0, 1]}, "expr: not a condition"),
    "half a number": ({"expr": 0.5}, "expr: not a condition: 0.5"),
    "text": ({"expr": "and"}, "expr: not a condition: and"),
    "alone": ({"expr": ["and", 0]}, "expr: and of 1 conditions"),
    "not of two": ({"expr": ["not", 0, 1]}, "expr: not of 2 conditions"),
    "unknown leaf": (_leaf(["xor", "a"]), r"leaves\[0\]: unknown leaf 'xor'"),
    "empty leaf": (_leaf([]), "unknown leaf None"),
    "no leaf": (_leaf({}), "expected a list, got dict"),
    "kind is a list": (_leaf([["text"], "a", []]), "unknown leaf"),
    "field is no text": (_leaf(["null", 1]), "expected a text, got int"),
    "too few": (_leaf(["text", "a"]), "expected 1 more values, got 0"),
    "too many": (_leaf(["null", "a", "b"]), "expected 1 more values, got 2"),
    "only a kind": (_leaf(["text"]), "expected 1 more values, got 0"),
    "odd wildcard": (_leaf(["text", "a", [2]]), "a text, 0 or 1 in a pattern, got 2"),
    "true is no wildcard": (_leaf(["text", "a", [True]]), "in a pattern, got True"),
    "pattern is a text": (_leaf(["text", "a", "ab"]), "expected a list, got 'ab'"),
    "odd operator": (_leaf(["compare", "a", "eq", 1]), "one of gt, gte, lt, lte, got 'eq'"),
    "true is no number": (_leaf(["compare", "a", "gt", True]), "finite number, got bool"),
    "infinite": (_leaf(["compare", "a", "gt", float("inf")]), "finite number"),
    "text number": (_leaf(["compare", "a", "gt", "1"]), "finite number, got '1'"),
    "half an hour": (_leaf(["time", "a", "hour", 1.5, 2]), "expected an integer, got float"),
    "bad regex": (_leaf(["regex", "a", "(", "", []]), "not a regular expression of RE2"),
    "look-ahead": (_leaf(["regex", "a", "(?=a)", "", []]), "not a regular expression"),
    "bad flags": (_leaf(["regex", "a", "a", "si", []]), "sorted flags"),
    "flags are no text": (_leaf(["regex", "a", "a", 3, []]), "expected a text, got int"),
    "odd guard": (_leaf(["regex", "a", "a", "", [1]]), "expected a text, got int"),
    "host bits": (_leaf(["cidr", "a", "10.0.0.1/8"]), "not a network: '10.0.0.1/8'"),
    "null network": (_leaf(["cidr", "a", None]), "not a network: None"),
    "how": (_leaf(["field", "a", "b", "like", True]), "got 'like'"),
    "cased": (_leaf(["field", "a", "b", "equals", 1]), "expected true or false, got int"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_part_is_refused_with_its_place(name: str) -> None:
    change, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        Part.decode(_changed(**change))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda below: (
            st.lists(below | st.sampled_from(["and", "not", "text", "regex", "cidr"]), max_size=4)
            | st.dictionaries(st.sampled_from(["leaves", "expr"]), below)
        ),
    ),
    st.sampled_from(["leaves", "expr", "where", "paths", "form", "id"]),
)
def test_arbitrary_data_is_refused_with_words(data: Any, key: str) -> None:
    try:
        part = Part.decode(_changed(**{key: data}))
    except ValueError as error:
        told = str(error)
    else:
        told = again(part).detection
    assert told
