"""No event contradicts a direction: of random edits of generated expressions and correlations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st

from correlation_cases import (
    KEYS,
    SMALL,
    SPANS,
    chains,
    correlations,
    holding,
    refs,
    streams,
)
from property.expressions import events, expressions, leaves, text_tests
from property.expressions import tests as any_tests
from sql_cases import query as event_query
from tocsin.direction.choice import Covered, choose
from tocsin.direction.decide import direction
from tocsin.direction.effort import Effort
from tocsin.direction.inclusion import find
from tocsin.direction.languages import is_exact, language
from tocsin.direction.verdict import Direction, DirectionKind
from tocsin.ir.correlation import Bound
from tocsin.ir.evaluate import evaluate
from tocsin.ir.leaf import passes
from tocsin.ir.nodes import And, Expr, Leaf, Not, Or, Regex, Test, Text
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.ir.stream import completions, observe
from tocsin.scan.infer import UNBOUND

MORE = {DirectionKind.WIDER, DirectionKind.EQUAL}
LESS = {DirectionKind.NARROWER, DirectionKind.EQUAL}


@st.composite
def edits(draw: st.DrawFn, expr: Expr) -> Expr:
    """The expression with a part changed, left out or added."""
    if isinstance(expr, And | Or) and draw(st.integers(0, 3)):
        args = list(expr.args)
        at = draw(st.integers(0, len(args) - 1))
        if draw(st.booleans()):
            args[at] = draw(edits(args[at]))
        elif len(args) > 1 and draw(st.booleans()):
            del args[at]
        else:
            args.append(draw(leaves))
        kind = type(expr) if draw(st.integers(0, 5)) else draw(st.sampled_from([And, Or]))
        return kind(tuple(args))
    if isinstance(expr, Not) and draw(st.booleans()):
        return Not(draw(edits(expr.arg)))
    if isinstance(expr, Leaf) and draw(st.booleans()):
        return Leaf(expr.field, draw(text_tests()))
    extra = draw(leaves)
    made: list[Expr] = [And((expr, extra)), Or((expr, extra)), Not(expr), expr, extra]
    return draw(st.sampled_from(made))


pairs = expressions.flatmap(lambda expr: st.tuples(st.just(expr), edits(expr)))


def contradicts(found: Direction, *, old: bool, new: bool) -> bool:
    """Whether an event tells that the direction is wrong."""
    return (old and not new and found.kind in MORE) or (new and not old and found.kind in LESS)


@settings(max_examples=300)
@given(pairs, st.lists(events, max_size=30))
def test_no_event_contradicts_the_direction_of_an_edit(
    pair: tuple[Expr, Expr], seen: list[dict[str, Any]]
) -> None:
    old, new = pair
    found = direction(event_query(old, UNBOUND), event_query(new, UNBOUND))
    note(found.kind)
    witnesses = [w.events[0].event for w in (found.lost, found.gained) if w]
    for event in [*seen, *witnesses]:
        holds = evaluate(old, event), evaluate(new, event)
        assert not contradicts(found, old=holds[0], new=holds[1]), (found, event)
    assert direction(event_query(new, UNBOUND), event_query(old, UNBOUND)).kind is _turned(found)


def _turned(found: Direction) -> DirectionKind:
    turned = {
        DirectionKind.NARROWER: DirectionKind.WIDER,
        DirectionKind.WIDER: DirectionKind.NARROWER,
    }
    return turned.get(found.kind, found.kind)


regexes = st.lists(
    st.sampled_from(
        ["a", "b", "A", ".", "[^a]", r"\d", r"\b", "^", "$", "(?i)k", "K", "\u017f", "(?m)$"]
    ),
    min_size=1,
    max_size=4,
).map("".join)
languages = st.one_of(any_tests, regexes.map(Regex))
odd = st.one_of(st.text("abAkK\u212as\u017f\n_1. -", max_size=5), st.text(max_size=4))


@given(languages, st.lists(odd, max_size=10))
def test_the_language_of_a_test_is_what_it_takes(test: Test, seen: list[str]) -> None:
    node = language(test)
    assert node is not None
    made = find([node], [], Effort(1_000_000))
    if is_exact(test) and made is not None:
        assert passes(test, made)
    for text in seen:
        if passes(test, text) or is_exact(test):
            literal = language(_only(text))
            assert literal is not None
            inside = find([literal, node], [], Effort(1_000_000))
            assert (inside is not None) is passes(test, text)


def _only(text: str) -> Test:
    return Text((text,) if text else (), cased=True)


@given(languages, st.lists(languages, max_size=4), st.lists(odd, max_size=20))
def test_what_is_covered_is_taken_by_another(
    test: Test, without: list[Test], seen: list[str]
) -> None:
    found = choose(test, without, Effort(1_000_000))
    if isinstance(found, str):
        assert passes(test, found)
        assert not any(passes(other, found) for other in without)
    if isinstance(found, Covered):
        for text in seen:
            assert not passes(test, text) or any(passes(other, text) for other in found.by)


# --- correlations ---------------------------------------------------------------------------------


@st.composite
def variants(draw: st.DrawFn, query: CorrelationQuery) -> CorrelationQuery:
    """The correlation with something changed."""
    one = query.correlation
    at = draw(st.integers(0, len(query.bases) - 1))
    before, after = query.bases[:at], query.bases[at + 1 :]
    made: list[st.SearchStrategy[Any]] = [
        st.sampled_from(SPANS).map(lambda span: replace(one, timespan_ms=span)),
        refs(KEYS, one.rules, (0, 2)).map(lambda keys: replace(one, group_by=keys)),
        correlations(one.rules),
        _other_base(query.bases[at]).map(lambda base: (*before, base, *after)),
        st.just(tuple(reversed(query.bases))),
        st.just(one),
    ]
    if one.bounds:
        first, *rest = one.bounds
        numbers = st.sampled_from(SMALL).map(lambda number: (Bound(first.op, number), *rest))
        made.append(numbers.map(lambda bounds: replace(one, bounds=bounds)))
    part = draw(st.one_of(made))
    if isinstance(part, tuple):
        return replace(query, bases=part)
    return replace(query, correlation=part)


@st.composite
def _other_base(draw: st.DrawFn, base: Resolved) -> Resolved:
    if isinstance(base, CorrelationQuery):
        return draw(variants(base))
    other = holding(draw(st.sampled_from("abc")), base.source).expr
    made = draw(st.sampled_from([other, And((base.expr, other)), Or((base.expr, other))]))
    return replace(base, expr=made)


def completed(query: CorrelationQuery, seen: list[dict[str, Any]]) -> set[Any]:
    found = observe(query.events, seen)
    return {each.event for each in completions(query, found).completed}


@settings(max_examples=120)
@given(
    chains().flatmap(lambda query: st.tuples(st.just(query), variants(query))),
    st.lists(streams(), min_size=1, max_size=6),
)
def test_no_stream_contradicts_the_direction_of_a_correlation(
    pair: tuple[CorrelationQuery, CorrelationQuery], seen: list[list[dict[str, Any]]]
) -> None:
    old, new = pair
    found = direction(old, new)
    note(found.kind)
    for stream in seen:
        before, after = completed(old, stream), completed(new, stream)
        assert not contradicts(found, old=bool(before - after), new=bool(after - before)), found
