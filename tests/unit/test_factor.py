"""Factoring keeps the meaning and leaves nothing that all parts share."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ir.evaluate import evaluate
from tocsin.ir.factor import factored
from tocsin.ir.nodes import And, Expr, Leaf, Not, Or, Text, all_of, any_of, negate

NAMES = "abcd"
A, B, C, D = (Leaf(name, Text(("x",))) for name in NAMES)
EXPRESSIONS = st.recursive(
    st.sampled_from([A, B, C, D]),
    lambda below: st.one_of(
        st.lists(below, min_size=1, max_size=4).map(all_of),
        st.lists(below, min_size=1, max_size=4).map(any_of),
        below.map(negate),
    ),
    max_leaves=14,
)


@given(EXPRESSIONS)
def test_means_the_same(expr: Expr) -> None:
    for values in product("xy", repeat=len(NAMES)):
        event = dict(zip(NAMES, values, strict=True))
        assert evaluate(factored(expr), event) is evaluate(expr, event)


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        (Or((And((A, B)), And((A, C)))), And((A, Or((B, C))))),
        (And((Or((A, B)), Or((A, C)))), Or((A, And((B, C))))),
        (Not(Or((And((A, B)), And((A, C))))), Not(And((A, Or((B, C)))))),
        (And((D, Not(And((A, B))), Not(And((A, C))))), And((D, Not(And((A, Or((B, C)))))))),
        (Or((A, And((A, B)))), A),
        (And((A, Or((B, C)))), And((A, Or((B, C))))),
    ],
)
def test_pulls_out_what_all_parts_share(given_: Expr, wanted: Expr) -> None:
    assert factored(given_) == wanted
