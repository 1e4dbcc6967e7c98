"""The base matches of a correlation that do not count for it, each with the reason why.

Whether an event is late is asked of the same watermark as where it counts, so one that is not told
here has counted. The event itself is told of late ones alone: these are published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from tocsin.ir.query import CorrelationQuery, Query
from tocsin.ir.stream import LATE, WITHOUT_KEY, WITHOUT_TIME
from tocsin.sql.correlation.engine import SOURCE, TIME, Need, ValueForm, where
from tocsin.sql.correlation.statement import Level
from tocsin.sql.tree import Sql, all_true, any_true, ident, quoted, table
from tocsin_flink_sql.sql.conditions import FlinkLeaves
from tocsin_flink_sql.sql.correlation_engine import FlinkCorrelations
from tocsin_flink_sql.sql.detection import matched, result, text_of
from tocsin_flink_sql.sql.event_time import on_time
from tocsin_flink_sql.sql.tables import EVENT

BaseQuery = tuple[Query, tuple[str, ...]]
"""A rule on events, and the fields that its events must have as keys of the group."""


def left_out(query: CorrelationQuery, engine: FlinkCorrelations) -> Iterator[exp.Select]:
    """One SELECT for each source, and for each base that is a correlation with keys above it.

    The latter reads the subquery of that base. An event is in each of them once at most.
    """
    bases: dict[str, list[BaseQuery]] = {}
    for base, keys in _bases(query):
        bases.setdefault(base.source.name, []).append((base, keys))
    for same in bases.values():
        yield _of_source(query, engine, same)
    for relation, above in _completions(Level(query, "")):
        untold = any_true([_is_null(ident(key)) for key in above])
        columns = [*matched(query, ident(SOURCE)), *result({"reason": quoted(WITHOUT_KEY)})]
        yield where(exp.select(*columns, copy=False).from_(table(relation), copy=False), [untold])


def _bases(query: CorrelationQuery) -> Iterator[BaseQuery]:
    for rule, base in enumerate(query.bases):
        if isinstance(base, Query):
            yield base, tuple(ref.fields[rule] for ref in query.correlation.group_by)
        else:
            yield from _bases(base)


def _completions(level: Level) -> Iterator[tuple[str, Sequence[str]]]:
    """Subqueries of bases that are correlations, and the columns of the keys of those above."""
    for rule, base in enumerate(level.query.bases):
        if isinstance(base, CorrelationQuery):
            own = f"{level.prefix}base_{rule + 1}"
            if level.keys:
                yield own, level.keys
            yield from _completions(Level(base, f"{own}_"))


def _of_source(
    query: CorrelationQuery, engine: FlinkCorrelations, bases: Sequence[BaseQuery]
) -> exp.Select:
    source = bases[0][0].source
    builder = engine.builder(source)
    conditions = [(builder.condition(base.matches), keys) for base, keys in bases]
    lacking = list(_lacking(engine, builder, conditions))
    no_time, late = _is_null(ident(TIME)), exp.Not(this=exp.paren(on_time()))
    why = (
        exp.Case()
        .when(no_time, quoted(WITHOUT_TIME), copy=False)
        .when(late, quoted(LATE), copy=False)
        .else_(quoted(WITHOUT_KEY), copy=False)
    )
    event = exp.Case().when(late.copy(), text_of(ident(EVENT)), copy=False)
    name = exp.cast(quoted(source.name), "TEXT")
    columns = [*matched(query, name), *result({"event": event, "reason": why})]
    select = exp.select(*columns, copy=False)
    select = select.from_(builder.relation(source.table or source.name), copy=False)
    matches = any_true([condition for condition, _ in conditions])
    return where(select, [matches, any_true([no_time.copy(), late.copy(), *lacking])])


def _lacking(
    engine: FlinkCorrelations, builder: FlinkLeaves, conditions: Sequence[tuple[Sql, Sequence[str]]]
) -> Iterator[Sql]:
    """Where an event lacks a key; of rules whose keys are of the same fields it is asked once."""
    same = len({tuple(keys) for _, keys in conditions}) == 1
    for condition, keys in conditions[:1] if same else conditions:
        if keys:
            lacks = any_true([_lacks(engine, builder, key) for key in keys])
            yield lacks if same else all_true([condition.copy(), lacks])


def _lacks(engine: FlinkCorrelations, builder: FlinkLeaves, key: str) -> Sql:
    return _is_null(engine.value(builder, Need("", key, ValueForm.TEXT)))


def _is_null(value: Sql) -> Sql:
    return exp.Is(this=value, expression=exp.null())
