"""Correlations as SQL: one statement of named subqueries, the same on every engine.

`base_1`, `base_2`, …: events that match a base rule, with the fields that are needed.
`hits`: all of them that count and have the group's keys; `left_out`: the others, and why.
`events`: each event once a group, where several rules may match the same one. `windows` (or
`step_1`, …): figures over the sliding window.
A base that is a correlation is made of subqueries of its own, under names that start with its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlglot import exp

from tocsin.errors import Unsupported
from tocsin.ir.correlation import Correlation, CorrelationType, Ref
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.ir.stream import WITHOUT_KEY
from tocsin.sql.builder import SqlBuilder
from tocsin.sql.correlation.engine import (
    SOURCE,
    TIME,
    CorrelationDialect,
    Need,
    ValueForm,
    has_time,
    known,
    over,
    tuple_text,
    where,
    window,
)
from tocsin.sql.correlation.figures import FLAGGED, FORMS, figures, flag
from tocsin.sql.tree import Sql, equal, ident, name, number, quoted, table

LEFT_OUT, REASON = "left_out", "~reason"
"""The subquery of the base matches that do not count, each event once a reason; its reason."""
Q = TypeVar("Q", bound=exp.Query)
RANK, PART = "rank", "part"
"""Of the rows of one event, that of the least rank stays; a part tells those of one base apart."""


@dataclass(frozen=True, slots=True)
class CompletingRows:
    """Where the completing rows of a correlation are: a subquery, a condition, the group's keys."""

    relation: str
    holds: Sql
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """One correlation of the statement; `carried` are needs of those that it is a base of."""

    query: CorrelationQuery
    prefix: str
    carried: tuple[Need, ...] = ()

    @property
    def correlation(self) -> Correlation:
        """What must hold."""
        return self.query.correlation

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns of the group's keys."""
        return self._columns("key", self.correlation.group_by)

    @property
    def values(self) -> tuple[str, ...]:
        """Columns of the values."""
        return self._columns("value", self.correlation.values)

    def _columns(self, kind: str, refs: Sequence[Ref]) -> tuple[str, ...]:
        return tuple(f"{self.prefix}{kind}_{n + 1}" for n in range(len(refs)))

    @property
    def flags(self) -> tuple[str, ...]:
        """Columns that tell which rules an event matched."""
        is_flagged = self.correlation.type in FLAGGED
        return tuple(map(flag, range(self.correlation.rules))) if is_flagged else ()

    @property
    def columns(self) -> list[str]:
        """Columns of fields: keys, values, what others need."""
        return [*self.keys, *self.values, *(need.column for need in self.carried)]

    def needs(self, rule: int) -> tuple[Need, ...]:
        """What the base at this position must bring."""
        form = FORMS.get(self.correlation.type, ValueForm.TEXT)
        keys = zip(self.keys, self.correlation.group_by, strict=True)
        values = zip(self.values, self.correlation.values, strict=True)
        return (
            *(Need(column, ref.fields[rule], ValueForm.TEXT) for column, ref in keys),
            *(Need(column, ref.fields[rule], form) for column, ref in values),
            *self.carried,
        )


@dataclass(slots=True)
class Statement:
    """Collects the named subqueries of one statement."""

    engine: CorrelationDialect[Any]
    parts: dict[str, exp.Query] = field(default_factory=dict)
    reasons: list[exp.Select] = field(default_factory=list)

    def put(self, key: str, part: exp.Query) -> str:
        """Add a subquery; its name."""
        self.parts[key] = part
        return key

    def with_parts(self, rows: Q) -> Q:
        """The rows with all subqueries before them."""
        ctes = [
            exp.CTE(this=part, alias=exp.TableAlias(this=name(key)))
            for key, part in self.parts.items()
        ]
        rows.set("with_", exp.With(expressions=ctes))
        return rows

    @property
    def identity(self) -> list[str]:
        """Columns of every row: the event, its source, its time."""
        return [SOURCE, *self.engine.identity, TIME, *self.engine.carried]

    # --- a correlation ------------------------------------------------------------------------

    def correlated(self, level: Level) -> CompletingRows:
        """The subqueries of a correlation. Raises Unsupported before any text is made."""
        rows = self._hits(level)
        if shares_events(level.query.bases):
            rows = self._merged(level, rows)
        if level.correlation.type is CorrelationType.TEMPORAL_ORDERED:
            return self._in_order(level, rows)
        found = figures(level.correlation, level.values, self.engine)
        select = self._over(level, rows, {**found.columns, **self._grounds(level)})
        return CompletingRows(self.put(f"{level.prefix}windows", select), found.holds, level.keys)

    def _grounds(self, level: Level) -> Mapping[str, Sql]:
        """Only of the correlation itself: its bases give the events that complete them."""
        return {} if level.prefix else self.engine.grounds()

    def _over(self, level: Level, rows: str, columns: Mapping[str, Sql]) -> exp.Select:
        """All columns of the rows, and more, over the correlation's window."""
        added = [exp.alias_(value, column, quoted=True) for column, value in columns.items()]
        select = exp.select(exp.Star(), *added, copy=False).from_(table(rows), copy=False)
        span = self.engine.span(level.correlation.timespan_ms)
        select.set("windows", [window(level.keys, span)])
        return select

    def _hits(self, level: Level) -> str:
        """All base matches that have the group's keys."""
        branches: list[exp.Select] = []
        merging = shares_events(level.query.bases)
        for rule, base in enumerate(level.query.bases):
            own = self._base(level, rule, base)
            columns: list[Sql] = [ident(c) for c in [*self.identity, *level.columns]]
            if merging:
                columns.append(exp.alias_(_rank(rule, base), RANK, quoted=True))
            columns += [
                exp.alias_(number(int(n == rule)), column, quoted=True)
                for n, column in enumerate(level.flags)
            ]
            select = exp.select(*columns, copy=False).from_(table(own), copy=False)
            counts = self.engine.counts() if self._tells(base) else ()
            branches.append(where(select, [*counts, *known(level.keys)]))
            self.reasons += self._reasons(level, own, base)
        return self.put(f"{level.prefix}hits", _all_of(branches))

    def _tells(self, base: Resolved) -> bool:
        """Whether the rows of a base are not only those that count."""
        return isinstance(base, Query) and bool(self.engine.told)

    def _reasons(self, level: Level, own: str, base: Resolved) -> Iterator[exp.Select]:
        """The events of a base, each with the reason why it does not count, NULL where it does."""
        why = exp.Case()
        for reason, holds in self.engine.reasons() if self._tells(base) else ():
            why = why.when(holds, quoted(reason), copy=False)
        for key in level.keys:
            why = why.when(exp.Is(this=ident(key), expression=exp.null()), quoted(WITHOUT_KEY))
        if why.args.get("ifs"):
            told = exp.alias_(why, REASON, quoted=True)
            columns = [ident(SOURCE), *map(ident, self.engine.identity), told]
            yield exp.select(*columns, copy=False).from_(table(own), copy=False)

    def left_out(self) -> None:
        """The subquery of what does not count, at any level; for engines that tell it."""
        every = exp.select(exp.Star()).from_(table(self.put("reasons", _all_of(self.reasons))))
        self.put(LEFT_OUT, where(every.distinct(), known([REASON])))

    def _base(self, level: Level, rule: int, base: Resolved) -> str:
        own = f"{level.prefix}base_{rule + 1}"
        needs = level.needs(rule)
        if isinstance(base, Query):
            return self.put(own, self.events(base, needs))
        below = Level(base, f"{own}_", needs)
        found = self.correlated(below)
        columns: list[Sql] = [ident(c) for c in [*self.identity, *(n.column for n in needs)]]
        if not is_unique(base):
            columns.append(exp.alias_(tuple_text(found.keys), PART, quoted=True))
        select = exp.select(*columns, copy=False).from_(table(found.relation), copy=False)
        return self.put(own, where(select, [found.holds]))

    def events(self, query: Query, needs: Sequence[Need]) -> exp.Query:
        """The events of a source that match; only those that count, unless columns tell which."""
        if not has_time(query.source):
            raise Unsupported("Correlation", "no-event-time", query.source.name)
        builders = self.engine.builders(query.source)
        return _all_of([self._events(query, needs, builder) for builder in builders])

    def _events(self, query: Query, needs: Sequence[Need], builder: SqlBuilder) -> exp.Select:
        source = builder.source
        condition = builder.condition(query.matches)
        values = [(need.column, self.engine.value(builder, need)) for need in needs]
        columns: list[Sql] = [
            exp.alias_(exp.cast(quoted(source.name), "TEXT"), SOURCE, quoted=True),
            *(ident(column) for column in [*self.identity[1:], *self.engine.told]),
            *(exp.alias_(value, column, quoted=True) for column, value in values),
        ]
        counts = () if self._tells(query) else self.engine.counts()
        relation = builder.relation(source.table or source.name)
        select = exp.select(*columns, copy=False).from_(relation, copy=False)
        return where(select, [condition, *counts])

    # --- each event once ----------------------------------------------------------------------

    def _merged(self, level: Level, rows: str) -> str:
        """Of the rows of one event in a group the first, with the flags of all of them."""
        columns: list[Sql] = [ident(c) for c in [*self.identity, *level.columns, RANK]]
        columns.append(exp.alias_(over(exp.Min(this=ident(RANK))), f"first_{RANK}", quoted=True))
        columns += [
            exp.alias_(over(exp.Max(this=ident(column))), column, quoted=True)
            for column in level.flags
        ]
        same = exp.select(*columns, copy=False).from_(table(rows), copy=False)
        event = [*level.keys, SOURCE, *self.engine.identity]
        same.set("windows", [window(event, self.engine.span(0))])
        ranked = self.put(f"{level.prefix}ranked", same)
        kept = [ident(c) for c in [*self.identity, *level.columns, *level.flags]]
        first = exp.select(*kept, copy=False).from_(table(ranked), copy=False)
        is_first = equal(ident(RANK), ident(f"first_{RANK}"))
        return self.put(f"{level.prefix}events", first.where(is_first, copy=False))

    # --- order --------------------------------------------------------------------------------

    def _in_order(self, level: Level, rows: str) -> CompletingRows:
        """At a row of rule k: the latest start of a chain of rules 1 to k that ends there."""
        started: Sql = self.engine.time()
        for rule in range(level.correlation.rules):
            is_rule = equal(ident(flag(rule)), number(1))
            start = exp.Case().when(is_rule, started)
            is_last = rule == level.correlation.rules - 1
            more = self._grounds(level) if is_last else {}
            select = self._over(level, rows, {_start(rule): start, **more})
            if rule == 0 and not more:
                select.set("windows", None)
            rows = self.put(f"{level.prefix}step_{rule + 1}", select)
            started = over(exp.Max(this=ident(_start(rule))))
        last = ident(_start(level.correlation.rules - 1))
        span = self.engine.span(level.correlation.timespan_ms)
        earliest = exp.Sub(this=self.engine.time(), expression=span)
        return CompletingRows(rows, exp.GTE(this=last, expression=earliest), level.keys)


def _all_of(parts: Sequence[exp.Select]) -> exp.Query:
    """The rows of all parts."""
    union: exp.Query = parts[0]
    for part in parts[1:]:
        union = exp.Union(this=union, expression=part, distinct=False)
    return union


def _start(rule: int) -> str:
    return f"start_{rule + 1}"


def _rank(rule: int, base: Resolved) -> Sql:
    """A text: positions of rules in order, then what tells rows of the same base apart."""
    position = exp.cast(quoted(f"{rule + 1:04}"), "TEXT")
    if is_unique(base):
        return position
    return exp.DPipe(this=position, expression=ident(PART), safe=False)


def is_unique(base: Resolved) -> bool:
    """Whether an event occurs only once in it: not in several groups by fields of several rules."""
    if isinstance(base, Query):
        return True
    return all(len(set(ref.fields)) == 1 for ref in base.correlation.group_by)


def shares_events(bases: Sequence[Resolved]) -> bool:
    """Whether the rows of the bases may be of the same event."""
    names = [source.name for base in bases for source in base.sources]
    return len(names) != len(set(names)) or not all(map(is_unique, bases))
