"""Expressions of every node type over the generated source."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from differential.literals import (
    BEYOND,
    doubles,
    integers,
    numbers,
    plain_words,
    texts,
    words,
)
from differential.regexes import remembered
from differential.world import COLUMNS, SOURCE, TEXTS
from tocsin.front.pattern import folded, normal
from tocsin.front.time_part import RANGES
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
    Test,
    Text,
    TimePart,
    Unit,
    Wild,
    all_of,
    any_of,
    negate,
)
from tocsin.ir.text import number_text
from tocsin.model.source import FieldType

NETWORKS = (
    *("10.0.0.0/8", "10.1.2.0/23", "192.168.0.0/16", "127.0.0.1/32", "0.0.0.0/0", "172.16.0.0/12"),
    *("fe80::/10", "::1/128", "::/0", "2001:db8::/33", "::ffff:0:0/96", "::ffff:10.0.0.0/104"),
)
LIST_LENGTH = 40
"""Long enough for the backends to write a list in another way."""
_wild = st.sampled_from(Wild)
_free: st.SearchStrategy[Pattern] = st.lists(st.one_of(texts, _wild), max_size=5).map(normal)


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    """Whole texts, starts, ends, parts, and any mix of literals and wildcards."""
    literal = draw(texts | plain_words)
    many = Wild.MANY
    shapes: list[list[str | Wild]] = [
        [literal],
        [literal],
        [literal, many],
        [many, literal],
        [many, literal, many],
    ]
    return normal(draw(st.sampled_from(shapes))) if draw(st.integers(0, 2)) else draw(_free)


@st.composite
def text_tests(draw: st.DrawFn, given: st.SearchStrategy[Pattern] | None = None) -> Text:
    """A pattern with or without case."""
    pattern = draw(patterns() if given is None else given)
    return Text(pattern, cased=True) if draw(st.integers(0, 2)) == 0 else Text(folded(pattern))


@st.composite
def networks(draw: st.DrawFn) -> Cidr:
    """A well-known network, or any."""
    if draw(st.booleans()):
        return Cidr(str(ipaddress.ip_network(draw(st.sampled_from(NETWORKS)))))
    address = draw(st.ip_addresses())
    prefix = draw(st.integers(0, address.max_prefixlen))
    return Cidr(str(ipaddress.ip_network((address, prefix), strict=False)))


@st.composite
def time_parts(draw: st.DrawFn) -> TimePart:
    """A part within its range, or what it is compared with."""
    unit = draw(st.sampled_from(Unit))
    low, high = RANGES[unit]
    years = st.sampled_from([1, 1969, 1970, 2020, 2024, 2026, 9999])
    value = draw(years if unit is Unit.YEAR else st.integers(low, high))
    ranges = [(value, value), (value, value), (value, high), (low, value)]
    return TimePart(unit, *draw(st.sampled_from(ranges)))


def _whole(number: float) -> Pattern:
    return normal([number_text(number)])


_numeric = numbers.map(_whole)
compares: st.SearchStrategy[Test] = st.builds(
    Compare, st.sampled_from(Op), st.one_of(numbers, numbers, st.sampled_from(BEYOND))
)
_texts: st.SearchStrategy[Test] = st.one_of(
    text_tests(), text_tests(), text_tests(), remembered(), compares, networks(), time_parts()
)
_booleans = st.sampled_from([("true",), ("false",), (Wild.MANY, "ue"), ("1",), (Wild.ONE,)])
TESTS: dict[FieldType, st.SearchStrategy[Test]] = {
    FieldType.STRING: _texts,
    FieldType.TIMESTAMP: st.one_of(time_parts(), time_parts(), _texts),
    FieldType.INTEGER: st.one_of(
        compares,
        compares,
        text_tests(integers.map(_whole)),
        text_tests(integers.map(_whole)),
        text_tests(
            st.lists(st.one_of(_wild, st.sampled_from("0123456789-")), max_size=4).map(normal)
        ),
        _texts,
    ),
    FieldType.DOUBLE: st.one_of(
        compares, compares, text_tests(doubles.map(_whole)), text_tests(_numeric)
    ),
    FieldType.BOOLEAN: st.one_of(text_tests(_booleans), _texts),
    FieldType.MAP: _texts,
    FieldType.STRINGS: _texts,
}


def _tests(field: str) -> st.SearchStrategy[Test]:
    column = SOURCE.column(field)
    assert column
    return TESTS[column.type]


@st.composite
def leaves(draw: st.DrawFn, fields: Sequence[str]) -> Expr:
    """One leaf on one of the fields."""
    field = draw(st.sampled_from(fields))
    kind = draw(st.integers(0, 19))
    if kind == 0:
        return IsNull(field)
    if kind == 1:
        other = draw(st.sampled_from([c.name for c in COLUMNS]))
        return FieldRef(field, other, draw(st.sampled_from(How)), cased=draw(st.booleans()))
    if kind == 2:
        # Keywords are parts of texts nearly always.
        part = st.tuples(words | plain_words).map(lambda t: normal([Wild.MANY, t[0], Wild.MANY]))
        return Keyword(draw(st.one_of(text_tests(part), text_tests(part), remembered())))
    if kind == 3:
        return draw(_lists(field))
    if kind == 4 and draw(st.booleans()):
        return Const(draw(st.booleans()))
    return Leaf(field, draw(_tests(field)))


@st.composite
def _lists(draw: st.DrawFn, field: str) -> Expr:
    """A list of values of one shape, now and then a long one."""
    cased = draw(st.integers(0, 3)) == 0
    before, after = draw(st.sampled_from([([], []), ([Wild.MANY], [Wild.MANY]), ([], [Wild.MANY])]))
    values: list[Any] = draw(st.lists(texts, min_size=2, max_size=5))
    if draw(st.integers(0, 3)) == 0:
        values += [f"value-{number}" for number in range(LIST_LENGTH)]
    made = [normal([*before, value, *after]) for value in values]
    return any_of([Leaf(field, Text(p if cased else folded(p), cased)) for p in made])


@st.composite
def expressions(draw: st.DrawFn) -> Expr:
    """A small condition over one to four fields."""
    text_fields = [c.name for c in COLUMNS if c.type in TEXTS]
    some = st.one_of(st.sampled_from(text_fields), st.sampled_from([c.name for c in COLUMNS]))
    fields = draw(st.lists(some, min_size=1, max_size=4, unique=True))
    return draw(_joined(fields, 2))


@st.composite
def _joined(draw: st.DrawFn, fields: Sequence[str], depth: int) -> Expr:
    way = draw(st.integers(0, 9)) if depth else 9
    below = _joined(fields, depth - 1)
    if way < 2:
        arg = draw(below)
        return Not(arg) if draw(st.integers(0, 3)) == 0 else negate(arg)
    if way < 7:
        args = draw(st.lists(below, min_size=2, max_size=3))
        if draw(st.integers(0, 5)) == 0:
            # As it stands, with constants and doubled parts that a smallest form would not have.
            return (And if way < 4 else Or)(tuple(args))
        return (all_of if way < 4 else any_of)(args)
    return draw(leaves(fields))
