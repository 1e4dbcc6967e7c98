"""Laws that the evaluator keeps for any expression on any event."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from property.expressions import events, expressions, fields, leaves, values
from tocsin.canonical import canonical_bytes, plain
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.nodes import And, Expr, IsNull, Leaf, Not, Or, Text, Wild, all_of, any_of, negate
from tocsin.ir.query import _unordered
from tocsin.ir.text import lookup
from tocsin.ir.trace import decisive, lines, trace
from tocsin.ir.walk import fields_of
from tocsin.pack.leaves import Asked
from tocsin.pack.tree import expr_of, read_tree, tree_of

Event = dict[str, Any]


@given(expressions, events)
def test_negation_is_two_valued(expr: Expr, event: Event) -> None:
    assert evaluate(Not(expr), event) is not evaluate(expr, event)
    assert evaluate(negate(expr), event) is not evaluate(expr, event)


@given(st.lists(expressions, max_size=4), events)
def test_the_smallest_forms_mean_the_same(parts: list[Expr], event: Event) -> None:
    assert evaluate(all_of(parts), event) is all(evaluate(p, event) for p in parts)
    assert evaluate(any_of(parts), event) is any(evaluate(p, event) for p in parts)


@given(st.lists(expressions, min_size=2, max_size=3), events)
def test_de_morgan(parts: list[Expr], event: Event) -> None:
    args = tuple(parts)
    neither = And(tuple(Not(arg) for arg in args))
    assert evaluate(Not(Or(args)), event) is evaluate(neither, event)


@given(expressions, events)
def test_only_the_fields_it_names_count(expr: Expr, event: Event) -> None:
    """Keywords aside, what an expression does not name cannot change its truth."""
    if "Keyword" in repr(expr):
        return
    named = fields_of(expr)
    rest = {k: v for k, v in event.items() if any(n == k or n.startswith(f"{k}.") for n in named)}
    assert evaluate(expr, rest) is evaluate(expr, event)


@given(expressions, events)
def test_null_is_missing_at_the_top_of_an_event(expr: Expr, event: Event) -> None:
    with_nulls = event | {k: None for k in ("f", "g", "a") if k not in event}
    assert evaluate(expr, with_nulls) is evaluate(expr, event)


@given(leaves, fields, values, values)
def test_an_array_is_any_of_its_members(leaf: Expr, field: str, one: Any, other: Any) -> None:
    """Scalars only: what is nested in arrays has no text."""
    if not isinstance(leaf, Leaf) or isinstance(one, dict | list) or isinstance(other, dict | list):
        return
    both = {field: [one, other, None]}
    apart = evaluate(leaf, {field: one}) or evaluate(leaf, {field: other})
    assert evaluate(leaf, both) is apart


@given(fields, events)
def test_lone_star_is_not_null_where_there_is_a_text(field: str, event: Event) -> None:
    star = evaluate(Leaf(field, Text((Wild.MANY,))), event)
    missing = evaluate(IsNull(field), event)
    assert star is bool(View(event).texts(field))
    assert missing is (View(event).texts(field) is None)
    assert missing or lookup(event, field) is not None


@given(expressions, events)
def test_a_trace_says_what_the_evaluator_says(expr: Expr, event: Event) -> None:
    tree = trace(expr, View(event))
    assert tree.holds is evaluate(expr, event)
    assert decisive(tree).holds is tree.holds
    assert all(line.isprintable() for line in lines(tree))


@given(expressions)
def test_expressions_survive_being_written_down(expr: Expr) -> None:
    numbers: dict[Asked, int] = {}
    tree = json.loads(json.dumps(tree_of(expr, numbers)))
    assert expr_of(read_tree(tree, len(numbers)), tuple(numbers)) == expr


@given(expressions, st.randoms(use_true_random=False))
def test_the_order_of_arguments_is_not_part_of_identity(expr: Expr, random: Any) -> None:
    def shuffled(node: Expr) -> Expr:
        if isinstance(node, And | Or):
            args = [shuffled(arg) for arg in node.args]
            random.shuffle(args)
            return type(node)(tuple(args))
        return Not(shuffled(node.arg)) if isinstance(node, Not) else node

    first, second = (canonical_bytes(_unordered(plain(e))) for e in (expr, shuffled(expr)))
    assert first == second
