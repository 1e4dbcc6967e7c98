"""Strategies: small expressions and events over the same few fields, with odd values on purpose."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tocsin.front.pattern import folded, normal
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
    Pattern,
    Regex,
    Test,
    Text,
    TimePart,
    Unit,
    Wild,
)

FIELDS = ("f", "g", "a.b", "a")
LETTERS = "abAB%_*?\\'\"-/ \n\0İ\u0131ΣςßK🙂1."

texts = st.text(LETTERS, max_size=6)
odd_texts = st.sampled_from(
    [
        *(" 10 ", "1_000", "inf", "1e3", "007", "5.0", "true", "null", "-", "", "10.0.0.1"),
        *("::ffff:10.0.0.1", "2026-01-02T03:04:05Z", "2026-01-02", "9007199254740993", "\r\n"),
    ]
)
numbers = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-20, 20),
    st.sampled_from([2**53, 2**53 + 1, 0.5, 5.0, -0.0, 1e20, 1e21, 1e-7]),
    st.floats(allow_nan=False, allow_infinity=False),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts, odd_texts)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["b", "c"]), inner, max_size=2)
    ),
    max_leaves=4,
)
events: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from([*FIELDS, "h"]), values, max_size=5
)

wildcards = st.sampled_from([Wild.MANY, Wild.ONE])
patterns: st.SearchStrategy[Pattern] = st.lists(st.one_of(texts, wildcards), max_size=5).map(normal)


@st.composite
def text_tests(draw: st.DrawFn) -> Text:
    pattern = draw(patterns | odd_texts.map(lambda text: normal([text])))
    return Text(pattern, cased=True) if draw(st.booleans()) else Text(folded(pattern))


tests: st.SearchStrategy[Test] = st.one_of(
    text_tests(),
    st.builds(Regex, st.sampled_from(["a", "^A.b$", r"\d+", "(?i)k", "[^a]$"]), st.just("")),
    st.builds(Cidr, st.sampled_from(["10.0.0.0/8", "::ffff:0:0/96", "0.0.0.0/0"])),
    st.builds(Compare, st.sampled_from(list(Op)), numbers),
    st.builds(TimePart, st.sampled_from(list(Unit)), st.integers(1, 3), st.integers(3, 5)),
)
fields = st.sampled_from(FIELDS)
leaves: st.SearchStrategy[Expr] = st.one_of(
    st.builds(Leaf, fields, tests),
    st.builds(Leaf, fields, text_tests()),
    st.builds(IsNull, fields),
    st.builds(Keyword, text_tests()),
    st.builds(FieldRef, fields, fields, st.sampled_from(list(How)), cased=st.booleans()),
    st.builds(Const, st.booleans()),
)


def _joined(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    args = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, args), st.builds(Or, args), st.builds(Not, inner))


expressions: st.SearchStrategy[Expr] = st.recursive(leaves, _joined, max_leaves=6)
