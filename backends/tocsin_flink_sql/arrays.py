"""Tests on the marked members of an array (see `members`): a member stands between two ␞."""

from __future__ import annotations

from sqlglot import exp

from tocsin.backend.sql_leaf import COMPARISONS, EXACT_DOUBLE, NUMBER, double_bound
from tocsin.backend.sql_text import Shape, shape_of
from tocsin.backend.sql_tree import Sql, all_true, any_true, func, number, quoted
from tocsin.errors import Unsupported
from tocsin.ir.cidr import cidr_regex
from tocsin.ir.leaf import passes
from tocsin.ir.nodes import Cidr, Compare, How, Op, Pattern, Regex, Test, Text, TimePart, Wild
from tocsin.ir.re2java import Between, java_literal, re2java
from tocsin_flink_sql.members import MARK, STAND_IN, apart

BETWEEN = Between(MARK, STAND_IN)
INSIDE = f"[^{MARK}]"
GLOB = {Wild.MANY: INSIDE + "*", Wild.ONE: INSIDE}
PRINTED = r"-?[1-9]\.(0|[0-9]*[1-9])E([7-9]|[1-9][0-9]+|-[4-9]|-[1-9][0-9]+)"
"""How Flink's JSON format prints doubles from 10^7 and below 10^-3 inside arrays."""
NOT_NUMBER = f"{MARK}(?!(?:{NUMBER}|{PRINTED}){MARK}){INSIDE}*+(?={MARK})"

ANCHORS = {
    Shape.EQUALS: (MARK, MARK),
    Shape.STARTS: (MARK, ""),
    Shape.ENDS: ("", MARK),
    Shape.CONTAINS: ("", ""),
}
"""What stands before and after a literal."""
SHAPES = {
    How.EQUALS: Shape.EQUALS,
    How.STARTSWITH: Shape.STARTS,
    How.ENDSWITH: Shape.ENDS,
    How.CONTAINS: Shape.CONTAINS,
}


def some_member(members: Sql, test: Test) -> Sql:
    """Some member passes the test. Raises Unsupported for what Flink cannot say exactly."""
    match test:
        case Text(pattern):
            return some_text(members, pattern)
        case Regex(pattern, flags):
            found = _finds(members, re2java(pattern, flags, BETWEEN))
            return all_true([has_text(members), found]) if passes(test, "") else found
        case Cidr(network):
            return _finds(members, f"{MARK}(?:{cidr_regex(network)}){MARK}")
        case Compare():
            return _some_number(members, test)
        case TimePart():
            raise Unsupported("TimePart", "array-time-part")


def some_text(members: Sql, pattern: Pattern) -> Sql:
    """Some member is of the pattern."""
    apart((part for part in pattern if isinstance(part, str)), "Text")
    shaped = shape_of(pattern)
    if shaped.shape is Shape.ANY:
        return has_text(members)
    if shaped.shape is Shape.GENERAL:
        return _finds(members, _glob(pattern))
    before, after = ANCHORS[shaped.shape]
    return _contains(members, before + shaped.literal + after)


def some_related(members: Sql, text: Sql, how: How = How.EQUALS) -> Sql:
    """Some member is, starts with, ends with or contains a text of the event."""
    before, after = ANCHORS[SHAPES[how]]
    safe = func("REPLACE", text, quoted(MARK), quoted(STAND_IN))
    place = func("INSTR", members, func("CONCAT", quoted(before), safe, quoted(after)))
    return all_true([has_text(members), exp.NEQ(this=place, expression=number(0))])


def some_shared(members: Sql, others: Sql) -> Sql:
    """Some member is one of the others."""
    both = [_split(texts) for texts in (members, others)]
    count = func("CARDINALITY", func("ARRAY_INTERSECT", *both))
    empty = [_contains(texts, MARK + MARK) for texts in (members, others)]
    return any_true([exp.GT(this=count, expression=number(0)), exp.paren(all_true(empty))])


def _split(members: Sql) -> Sql:
    """The members that are not empty."""
    return func("ARRAY_REMOVE", func("SPLIT", members, quoted(MARK)), quoted(""))


def _contains(members: Sql, text: str) -> Sql:
    return exp.NEQ(this=func("INSTR", members, quoted(text)), expression=number(0))


def has_text(members: Sql) -> Sql:
    """There is a member with a text form."""
    return exp.NEQ(this=members, expression=quoted(""))


def _glob(pattern: Pattern) -> str:
    """`a*b` is `␞a…b␞`; a `*` at an end leaves that end open."""
    ends = ("" if pattern[at] is Wild.MANY else MARK for at in (0, -1))
    inner = pattern[pattern[0] is Wild.MANY : len(pattern) - (pattern[-1] is Wild.MANY)]
    parts = (GLOB[part] if isinstance(part, Wild) else java_literal(part) for part in inner)
    return "".join(parts).join(ends)


def _some_number(members: Sql, test: Compare) -> Sql:
    """The largest, or least, of the members that are finite numbers compares so."""
    if isinstance(test.number, int) and abs(test.number) >= EXACT_DOUBLE:
        raise Unsupported("Compare", "array-compare", str(test.number))
    numbers = func("REGEXP_REPLACE", members, quoted(NOT_NUMBER), quoted(""))
    listed = func("SPLIT", func("BTRIM", numbers, quoted(MARK)), quoted(MARK))
    finite: Sql = exp.TryCast(this=listed, to=exp.DataType.build("ARRAY<DOUBLE>"))
    for infinity in ("Infinity", "-Infinity"):
        finite = func("ARRAY_REMOVE", finite, exp.cast(quoted(infinity), "DOUBLE"))
    best = func("ARRAY_MAX" if test.op in (Op.GT, Op.GTE) else "ARRAY_MIN", finite)
    return COMPARISONS[test.op](this=best, expression=number(double_bound(test)))


def _finds(members: Sql, pattern: str) -> Sql:
    return func("REGEXP", members, quoted(pattern))
