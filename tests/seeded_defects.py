"""Defects to seed into the SQL backends, each a mistake that a published backend really makes.

A defect names the rows of the contract whose cases must catch it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import pytest
from sqlglot import exp  # noqa: TID251 - the defects are seeded into SQL trees

from tocsin.ir.correlation import BoundOp
from tocsin.ir.nodes import Op, Regex, Unit
from tocsin.sql import leaves as sql_leaf
from tocsin.sql.builder import SqlBuilder
from tocsin.sql.correlation import figures as sql_correlation_figures
from tocsin.sql.correlation import statement as sql_correlation
from tocsin.sql.correlation.engine import over
from tocsin.sql.correlation.statement import Statement
from tocsin.sql.timestamps import within
from tocsin.sql.tree import any_true, equal, func, ident, number, quoted, true
from tocsin_batch_sql.common.arrays import BatchLeaves, lambda_of
from tocsin_batch_sql.common.correlation import BatchEngine
from tocsin_batch_sql.duckdb.correlation import DuckDbEngine
from tocsin_batch_sql.duckdb.dialect import DuckDb

Patch = pytest.MonkeyPatch
HUGE = 10**15


@dataclass(frozen=True)
class Defect:
    """`seed` breaks the backend of DuckDB until the patch is undone."""

    name: str
    rows: tuple[str, ...]
    seed: Callable[[Patch], None]


def method(owner: type, name: str, made: Callable[..., Any]) -> Callable[[Patch], None]:
    """Replaces a method; `made` gets the old one first, then what the method got."""
    old = getattr(owner, name)
    return lambda patch: patch.setattr(owner, name, lambda *args: made(old, *args))


def function(place: str, made: Callable[..., Any]) -> Callable[[Patch], None]:
    """Replaces a function where a module uses it; `made` gets the old one first."""

    def seed(patch: Patch) -> None:
        module, name = place.rsplit(".", 1)
        old = getattr(import_module(module), name)
        patch.setattr(place, lambda *args, **given: made(old, *args, **given))

    return seed


def _unescaped(old: Callable[..., Any], pattern: Any) -> tuple[str, str]:
    like, escape = old(pattern)
    return (like.replace(escape, "") if escape else like), ""


def _any_run(old: Callable[..., Any], pattern: Any) -> tuple[str, str]:
    like, escape = old(pattern)
    return (like.replace("_", "%"), escape) if not escape else (like, escape)


def _ignored_flags(old: Callable[..., Any], self: DuckDb, text: Any, test: Regex) -> Any:
    return old(self, text, Regex(test.pattern))


def _caseless(old: Callable[..., Any], self: DuckDb, text: Any, test: Regex) -> Any:
    return old(self, text, Regex(test.pattern, "".join(sorted({*test.flags, "i"}))))


def _prefix(_: Any, self: DuckDb, text: Any, test: Any) -> Any:
    network = test.network.split("/")[0].rstrip("0").rstrip(".:")
    return self.starts(text, quoted(network))


def _hour_of_text(_: Any, __: DuckDb, text: Any, test: Any) -> Any:
    """The part of the clock time as written, whatever its zone."""
    bare = func("REGEXP_REPLACE", text, quoted("(Z|[+-][0-9:]+)$"), quoted(""))
    moment = exp.TryCast(this=bare, to=exp.DataType.build("TIMESTAMP"))
    part = func("DATE_PART", quoted(test.unit.value), moment)
    return within(part, test)


def _plain_week(old: Callable[..., Any], unit: str, moment: Any) -> Any:
    if unit != Unit.WEEK:
        return old(unit, moment)
    day = exp.Sub(this=func("DATE_PART", quoted("doy"), moment), expression=number(1))
    return exp.Add(this=exp.IntDiv(this=day, expression=number(7)), expression=number(1))


def _empty_is_null(old: Callable[..., Any], self: Any, node: Any) -> Any:
    value = self.raw(self.column(node.field))
    return any_true([old(self, node), equal(exp.cast(value, "TEXT"), quoted(""))])


def _null_is_a_text(_: Any, self: Any, node: Any) -> Any:
    return equal(exp.cast(self.raw(self.column(node.field)), "TEXT"), quoted("null"))


def _first_lost(old: Callable[..., Any], self: Any, node: Any) -> Any:
    return old(self, replace(node, literals=node.literals[1:]))


def _all_members(_: Any, __: Any, texts: Any, variable: str, condition: Any) -> Any:
    found = func("LIST_FILTER", texts, lambda_of(variable, condition))
    return equal(func("LEN", found), func("LEN", texts.copy()))


def _other_case(old: Callable[..., Any], self: Any, left: Any, right: Any, node: Any) -> Any:
    return old(self, left, right, replace(node, cased=not node.cased))


def _rows_frame(old: Callable[..., Any], keys: Any, start: Any) -> Any:
    made = old(keys, start)
    made.args["spec"].set("kind", "ROWS")
    made.args["spec"].set("start", "UNBOUNDED")
    return made


def _bucketed(old: Callable[..., Any], keys: Any, start: Any) -> Any:
    made = old(keys, start)
    if not (isinstance(start, exp.Literal) and int(start.name)):
        return made
    bucket = func("FLOOR", exp.Div(this=ident("~time"), expression=start.copy()))
    made.set("partition_by", [*made.args["partition_by"], bucket])
    return made


def _swapped(old: Callable[..., Any], self: Any, level: Any, rows: str) -> Any:
    """The order of the listed rules turned round."""
    last = level.correlation.rules - 1
    straight = sql_correlation.__dict__["flag"]
    with pytest.MonkeyPatch.context() as turned:
        turned.setattr(sql_correlation, "flag", lambda rule: straight(last - rule))
        return old(self, level, rows)


def _folded_key(old: Callable[..., Any], self: Any, builder: Any, need: Any) -> Any:
    made = old(self, builder, need)
    return exp.Lower(this=made) if "key" in need.column else made


LEAVES = [
    Defect(
        "NULL is not folded before NOT",
        ("E1",),
        method(SqlBuilder, "not_true", lambda _, __, inner: exp.Not(this=inner)),
    ),
    Defect(
        "null compiled to the text null", ("E2",), method(SqlBuilder, "is_null", _null_is_a_text)
    ),
    Defect("the empty string is null", ("E3",), method(SqlBuilder, "is_null", _empty_is_null)),
    Defect("all members instead of any", ("E6",), method(DuckDb, "any_member", _all_members)),
    Defect("= without fold", ("L1",), method(DuckDb, "fold", lambda _, __, text: text)),
    Defect(
        "fold by upper case",
        ("L1",),
        method(DuckDb, "fold", lambda _, __, text: exp.Upper(this=text)),
    ),
    Defect(
        "`?` is any run", ("L2",), function("tocsin_batch_sql.duckdb.dialect.like_of", _any_run)
    ),
    Defect(
        "contains is anchored at the start",
        ("L2", "L10"),
        method(DuckDb, "contains", lambda _, self, text, literal: self.starts(text, literal)),
    ),
    Defect(
        "starts is not anchored",
        ("L2",),
        method(DuckDb, "starts", lambda _, self, text, literal: self.contains(text, literal)),
    ),
    Defect(
        "ends is not anchored",
        ("L2",),
        method(DuckDb, "ends", lambda _, self, text, literal: self.contains(text, literal)),
    ),
    Defect(
        "ESCAPE dropped: `_` and `%` are wildcards",
        ("L3",),
        function("tocsin_batch_sql.duckdb.dialect.like_of", _unescaped),
    ),
    Defect(
        "05 equals 5",
        ("L4",),
        function(
            "tocsin.sql.leaves.integer_of",
            lambda _, pattern: (
                int(pattern[0]) if pattern and str(pattern[0]).lstrip("-").isdecimal() else None
            ),
        ),
    ),
    Defect(
        "gt includes its bound",
        ("L5",),
        lambda patch: patch.setitem(sql_leaf.COMPARISONS, Op.GT, exp.GTE),
    ),
    Defect(
        "lte excludes its bound",
        ("L5",),
        lambda patch: patch.setitem(sql_leaf.COMPARISONS, Op.LTE, exp.LT),
    ),
    Defect(
        "what an engine casts is a number",
        ("L5",),
        lambda patch: patch.setattr(sql_leaf, "NUMBER", "(?s).*"),
    ),
    Defect(
        "large integers compare as doubles",
        ("L5",),
        lambda patch: patch.setattr(sql_leaf, "EXACT_DOUBLE", 2**80),
    ),
    Defect(
        "regular expressions match the whole text",
        ("L6",),
        method(DuckDb, "regex", lambda _, self, text, test: self.full_match(text, test.pattern)),
    ),
    Defect(
        "flags of regular expressions are lost", ("L6",), method(DuckDb, "regex", _ignored_flags)
    ),
    Defect("regular expressions do not count case", ("L6",), method(DuckDb, "regex", _caseless)),
    Defect("a network is a prefix of the text", ("L7",), method(SqlBuilder, "cidr", _prefix)),
    Defect("fieldref counts case the other way", ("L8",), method(SqlBuilder, "pair", _other_case)),
    Defect(
        "fieldref has its sides swapped",
        ("L8",),
        method(
            SqlBuilder, "related", lambda old, self, left, right, how: old(self, right, left, how)
        ),
    ),
    Defect("the zone of a time is lost", ("L9",), method(DuckDb, "time_part", _hour_of_text)),
    Defect(
        "weeks count from 1 January",
        ("L9",),
        function("tocsin_batch_sql.duckdb.dialect._part", _plain_week),
    ),
    Defect(
        "keywords count case",
        ("L10",),
        function("tocsin_batch_sql.common.arrays.needs_fold", lambda *_: False),
    ),
    Defect(
        "the first of a list is lost", ("L14", "L1"), method(SqlBuilder, "in_list", _first_lost)
    ),
    Defect(
        "texts of a list are patterns",
        ("L14",),
        function("tocsin_batch_sql.duckdb.dialect.re2_literal", lambda _, text: text),
    ),
    Defect(
        "OR compiled to AND",
        ("S1",),
        method(
            BatchLeaves,
            "any_of",
            lambda _, self, node: exp.and_(*(self.condition(arg) for arg in node.args)),
        ),
    ),
]

CORRELATIONS = [
    Defect(
        "buckets instead of a sliding window",
        ("C1",),
        function("tocsin.sql.correlation.statement.window", _bucketed),
    ),
    Defect(
        "timespan ignored",
        ("C1",),
        method(BatchEngine, "span", lambda old, self, length: old(self, length and HUGE)),
    ),
    Defect(
        "the window's start excluded",
        ("C1",),
        method(BatchEngine, "span", lambda old, self, length: old(self, max(0, length - 1))),
    ),
    Defect(
        "all rows so far are the window",
        ("C1",),
        function("tocsin.sql.correlation.statement.window", _rows_frame),
    ),
    Defect(
        "an event of two rules counts twice",
        ("C2",),
        function("tocsin.sql.correlation.statement.shares_events", lambda *_: False),
    ),
    Defect(
        "value_count counts events",
        ("C3",),
        method(DuckDbEngine, "distinct", lambda _, __, value: over(exp.Count(this=value))),
    ),
    Defect(
        "percentiles are discrete",
        ("C4",),
        method(
            DuckDbEngine,
            "percentile",
            lambda _, __, value, share: func("QUANTILE_DISC", value, number(share)),
        ),
    ),
    Defect(
        "one rule of temporal is enough",
        ("C5",),
        function("tocsin.sql.correlation.figures.all_true", lambda _, args: any_true(list(args))),
    ),
    Defect(
        "temporal_ordered in the wrong order", ("C6",), method(Statement, "_in_order", _swapped)
    ),
    Defect("group keys are folded", ("C7",), method(DuckDbEngine, "value", _folded_key)),
    Defect(
        "a missing key is a group",
        ("C7",),
        function("tocsin.sql.correlation.statement.known", lambda *_: []),
    ),
    Defect(
        "bounds include themselves",
        ("C8",),
        lambda patch: patch.setitem(sql_correlation_figures._OP, BoundOp.GT, exp.GTE),
    ),
    Defect("late events count", ("C11",), method(DuckDbEngine, "counts", lambda *_: [true()])),
]
