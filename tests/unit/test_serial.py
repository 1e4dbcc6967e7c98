"""Expressions as JSON: exact both ways, strict on the way back."""

import json
from collections.abc import Callable
from typing import Any, TypeVar, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.canonical import canonical_bytes, digest
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
from tocsin.ir.serial import MAX_DEPTH, dump, load

T = TypeVar("T")

texts = st.text(max_size=6) | st.sampled_from(["*", "?", "MANY", "\\*", "", "ς", "\ud800"])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
patterns = st.lists(texts | st.sampled_from(Wild), max_size=5).map(tuple)
tests: st.SearchStrategy[Test] = st.one_of(
    st.builds(Text, patterns, st.booleans()),
    st.builds(Regex, st.sampled_from([r"a+", r"\d{3}$", "(?i)x|y"]), st.sampled_from(["", "ims"])),
    st.builds(Cidr, st.sampled_from(["10.0.0.0/8", "2001:db8::/32"])),
    st.builds(Compare, st.sampled_from(Op), numbers),
    st.builds(TimePart, st.sampled_from(Unit), st.integers(0, 60)),
)
leaves: st.SearchStrategy[Expr] = st.one_of(
    st.builds(Const, st.booleans()),
    st.builds(IsNull, texts),
    st.builds(Leaf, texts, tests),
    st.builds(Keyword, tests),
    st.builds(FieldRef, texts, texts, st.sampled_from(How), st.booleans()),
)


def _above(below: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(below, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, below))


expressions = st.recursive(leaves, _above, max_leaves=12)


@given(expressions)
def test_every_expression_comes_back_exactly(expr: Expr) -> None:
    data = json.loads(canonical_bytes(dump(expr)).decode("utf-8", "surrogatepass"))
    # repr, because 5 == 5.0 and True == 1.
    assert repr(load(data)) == repr(expr)
    assert digest(load(data)) == digest(expr)


def test_a_wildcard_is_no_text() -> None:
    wild, star = Leaf("a", Text((Wild.MANY,))), Leaf("a", Text(("*",)))
    assert canonical_bytes(dump(wild)) != canonical_bytes(dump(star))
    assert load(dump(wild)) == wild
    assert load(dump(star)) == star


def test_integers_and_doubles_stay_apart() -> None:
    big = Leaf("n", Compare(Op.GT, 2**63 - 1))
    assert load(json.loads(canonical_bytes(dump(big)))) == big
    double = load(json.loads(canonical_bytes(dump(Leaf("n", Compare(Op.GT, 5.0))))))
    assert isinstance(cast("Any", double).test.number, float)


def test_the_form_is_pinned() -> None:
    expr = And((Not(IsNull("a")), Leaf("b", Text(("x", Wild.ONE), cased=True))))
    assert canonical_bytes(dump(expr)) == (
        b'{"expr":{"args":[{"arg":{"field":"a","node":"IsNull"},"node":"Not"},'
        b'{"field":"b","node":"Leaf","test":{"cased":true,"node":"Text",'
        b'"pattern":["x",{"enum":"ONE"}]}}],"node":"And"},"form":1}'
    )


def _nested(levels: int, wrap: Callable[[Expr], Expr]) -> Expr:
    expr: Expr = IsNull("a")
    for _ in range(levels - 1):
        expr = wrap(expr)
    return expr


@pytest.mark.parametrize(
    "wrap", [Not, lambda e: And((e, IsNull("b"))), lambda e: Or((IsNull("b"), e))]
)
def test_depth_is_limited_on_both_ways(wrap: Callable[[Expr], Expr]) -> None:
    deep = _nested(MAX_DEPTH, wrap)
    assert load(dump(deep)) == deep
    with pytest.raises(ValueError, match="nested deeper"):
        dump(wrap(deep))
    # One level more than `dump` would write.
    data = dump(deep)
    more = {"form": 1, "expr": {"node": "Not", "arg": data["expr"]}}
    with pytest.raises(ValueError, match="nested deeper"):
        load(more)


def _leaf(test: Any) -> dict[str, Any]:
    return {"form": 1, "expr": {"node": "Leaf", "field": "a", "test": test}}


def _expr(expr: Any) -> dict[str, Any]:
    return {"form": 1, "expr": expr}


WRONG = {
    "nothing": (None, "expected the keys"),
    "more keys": ({**_expr({}), "x": 1}, "expected the keys"),
    "later form": ({"form": 2, "expr": {}}, "form 2 .* not known"),
    "true is no form": ({"form": True, "expr": {}}, "form True"),
    "no node": (_expr([]), "expr: expected a node, got list"),
    "null": (_expr(None), "expr: expected a node, got null"),
    "unknown node": (_expr({"node": "Xor"}), "expr: unknown node 'Xor'"),
    "a test is no expression": (_expr({"node": "Regex", "pattern": "a"}), "unknown node 'Regex'"),
    "an expression is no test": (_leaf({"node": "Const", "value": True}), "unknown node 'Const'"),
    "correlation": (_expr({"node": "Correlation"}), "unknown node 'Correlation'"),
    "missing field": (_expr({"node": "Leaf", "field": "a"}), "Leaf lacks the field 'test'"),
    "odd field": (_expr({"node": "IsNull", "field": "a", "x": 1}), "IsNull has no field 'x'"),
    "field not text": (_expr({"node": "IsNull", "field": 1}), "expr.field: expected a text"),
    "const not bool": (_expr({"node": "Const", "value": 1}), "expr.value: expected true or false"),
    "args not list": (_expr({"node": "And", "args": {}}), "expr.args: expected a list"),
    "deep place": (
        _expr(
            {"node": "Or", "args": [{"node": "Const", "value": True}, {"node": "Not", "arg": 3}]}
        ),
        r"expr\.args\[1\]\.arg: expected a node",
    ),
    "odd wildcard": (
        _leaf({"node": "Text", "pattern": [{"enum": "*"}]}),
        r"pattern\[0\]: expected a text or a wildcard",
    ),
    "pattern text": (_leaf({"node": "Text", "pattern": "ab"}), "expected a list, got str"),
    "odd operator": (
        _leaf({"node": "Compare", "op": "eq", "number": 1}),
        "expected one of gt, gte, lt, lte, got 'eq'",
    ),
    "true is no number": (_leaf({"node": "Compare", "op": "gt", "number": True}), "finite number"),
    "infinite": (_leaf({"node": "Compare", "op": "gt", "number": float("inf")}), "finite number"),
    "text number": (_leaf({"node": "Compare", "op": "gt", "number": "1"}), "finite number"),
    "half an hour": (_leaf({"node": "TimePart", "unit": "hour", "value": 1.5}), "an integer"),
    "bad regex": (_leaf({"node": "Regex", "pattern": "("}), "not a regular expression of RE2"),
    "look-ahead": (_leaf({"node": "Regex", "pattern": "(?=a)"}), "not a regular expression"),
    "bad flags": (_leaf({"node": "Regex", "pattern": "a", "flags": "si"}), "sorted flags"),
    "host bits": (_leaf({"node": "Cidr", "network": "10.0.0.1/8"}), "not a network"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_expression_is_refused_with_its_place(name: str) -> None:
    data, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        load(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda below: (
            st.lists(below, max_size=3)
            | st.dictionaries(
                st.sampled_from(["node", "args", "arg", "field", "test", "form", "expr"]), below
            )
        ),
    )
)
def test_arbitrary_data_is_refused_with_words(data: Any) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        load(_expr(data))
