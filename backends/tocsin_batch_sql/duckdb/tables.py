"""The relations that a source's statements read, made out of raw JSON events by DuckDB itself.

One JSON document a line. A declared field is one typed column, NULL where the field is missing or
null. A row with a value that its column cannot hold is no row of the source's view but one of
`<view>__misfits`, which has the texts of every field besides. What is no event is in
`<view>__refused`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from tocsin.model.source import Source, TimeUnit
from tocsin.sql.epoch import EPOCH, epoch_milliseconds
from tocsin.sql.leaves import TIME
from tocsin.sql.timestamps import minute_of
from tocsin.sql.tree import (
    Sql,
    func,
    ident,
    name,
    not_null,
    number,
    quoted,
    table,
    try_cast,
)
from tocsin_batch_sql.common.arrays import CONVERSIONS, lambda_of
from tocsin_batch_sql.common.event_time import SAID, at_rest, in_order_of_arrival, moment, said
from tocsin_batch_sql.common.events import ROW, NamedColumn, run_columns, view_columns
from tocsin_batch_sql.common.misfits import (
    ALL,
    DRIFT,
    FIELDS,
    MISFITS,
    OURS,
    REFUSED,
    TEXTS,
    beside,
    drift,
    may_misfit,
)
from tocsin_batch_sql.duckdb.dialect import texts_of

FOUND = "~found"
"""The list of all fields' JSON values, in the order of the columns."""


def views(source: Source, files: str) -> list[exp.Create]:
    """What the source's statements read, over JSON-lines files (a path or a glob)."""
    row = exp.Sub(this=exp.Window(this=func("ROW_NUMBER"), over="OVER"), expression=number(1))
    columns = [*view_columns(source), *said(source)]
    made = at_rest(source, rows(columns, events(files)), milliseconds, row)
    parts = {
        ALL: made,
        **split(source, columns),
        DRIFT: drift(source, "UNNEST"),
        REFUSED: refused(files),
    }
    return [_created(source, what, "VIEW", part) for what, part in parts.items()]


def loaded(source: Source, files: str, key: str, *, timed: bool) -> list[Sql]:
    """Tables for a run, with the rows of a JSON-lines file.

    `key`: where events have their number, in order of arrival. `timed`: with the columns that
    correlations need.
    """
    columns = [*run_columns(source, key), *(said(source) if timed else ())]
    made = rows(columns, objects(files), fits=not may_misfit(source))
    if timed:
        made = in_order_of_arrival(source, made, milliseconds, ROW)
    if not may_misfit(source):
        return [_created(source, "", "TABLE", made)]
    parts = {ALL: made, **split(source, columns)}
    tables: list[Sql] = [_created(source, what, "TABLE", part) for what, part in parts.items()]
    return [*tables, exp.Drop(tables=[table(beside(source, ALL))], kind="TABLE")]


def _created(source: Source, what: str, kind: str, made: exp.Query) -> exp.Create:
    return exp.Create(this=table(beside(source, what)), kind=kind, replace=True, expression=made)


def split(source: Source, columns: Sequence[NamedColumn]) -> dict[str, exp.Select]:
    """Of all rows those that fit, and the others, with the texts of all fields."""
    own = [FOUND, *(target for _, target in columns if target == SAID)]
    none = exp.Is(this=ident(FIELDS), expression=exp.null())
    every = table(beside(source, ALL))
    fit = exp.Star(except_=[name(column) for column in [*own, FIELDS]])
    found = zip(columns, _values(columns), strict=True)
    texts = {c.name: func("TOCSIN_TEXTS", value) for (c, to), value in found if to not in OURS}
    lists = func("MAP", *(exp.Array(expressions=part) for part in _items(texts)))
    misfits = exp.select(
        exp.Star(except_=[name(column) for column in own]), exp.alias_(lists, TEXTS, quoted=True)
    )
    return {
        "": exp.select(fit).from_(every).where(none),
        MISFITS: misfits.from_(every.copy()).where(exp.Not(this=none.copy())),
    }


def lists(source: Source, columns: Sequence[NamedColumn]) -> exp.Select:
    """The rows that do not fit, with a list of texts as the column of each field."""
    made = [
        exp.alias_(texts_of(column.name), target, quoted=True)
        for column, target in columns
        if target not in OURS
    ]
    return exp.select(ident(ROW), *made).from_(table(beside(source, MISFITS)))


def _items(texts: Mapping[str, Sql]) -> tuple[list[Sql], list[Sql]]:
    return [quoted(field) for field in texts], list(texts.values())


# --- lines ----------------------------------------------------------------------------------------


def objects(files: str) -> exp.Select:
    """The lines of a file of our own."""
    return exp.select(ident("json")).from_(
        exp.Table(this=func("READ_NDJSON_OBJECTS", quoted(files)))
    )


def events(files: str) -> exp.Select:
    """The lines that are events, as those of workers are."""
    is_event = exp.Is(this=func("TOCSIN_REFUSED", ident("json")), expression=exp.null())
    return exp.select(ident("json")).from_(_lines(files)).where(is_event)


def refused(files: str) -> exp.Select:
    """The other lines: file, number of the line among those that are not blank, reason."""
    at = exp.Window(this=func("ROW_NUMBER"), over="OVER")
    lines = exp.select("filename", exp.alias_(at, "n"), ident("json")).from_(_lines(files))
    first = exp.Window(this=exp.Min(this=ident("n")), partition_by=[ident("filename")], over="OVER")
    line = exp.Add(this=exp.Sub(this=ident("n"), expression=first), expression=number(1))
    reason = func("TOCSIN_REFUSED", ident("json"))
    told = exp.select(
        exp.alias_(ident("filename"), "file", quoted=True),
        exp.alias_(line, "line", quoted=True),
        exp.alias_(reason, "reason", quoted=True),
        ident("json"),
    ).from_(lines.subquery(name("line")))
    return (
        exp.select(exp.Star()).from_(told.subquery(name("line"))).where(not_null(ident("reason")))
    )


def _lines(files: str) -> exp.Table:
    """Every line that is not blank; NULL where DuckDB cannot read it."""
    options = [
        exp.PropertyEQ(this=exp.to_identifier(option), expression=exp.true())
        for option in ("ignore_errors", "filename")
    ]
    return exp.Table(this=func("READ_NDJSON_OBJECTS", quoted(files), *options))


# --- columns --------------------------------------------------------------------------------------


def rows(columns: Sequence[NamedColumn], lines: exp.Select, *, fits: bool = False) -> exp.Select:
    """The typed rows of JSON documents, with FOUND and FIELDS unless all `fits`."""
    paths = [place for column, _ in columns for place in column.places]
    json = ident("json") if fits else func("TOCSIN_LAST", ident("json"), _array(_objects(paths)))
    found = func("JSON_EXTRACT", json, _array(paths))
    inner = exp.select(exp.alias_(found, FOUND, quoted=True)).from_(lines.subquery(name("line")))
    values = _values(columns)
    typed = [
        exp.alias_(_typed(named, value), named[1], quoted=True)
        for named, value in zip(columns, values, strict=True)
    ]
    if fits:
        return exp.select(*typed).from_(inner.subquery(name("event")))
    made = exp.select(*typed, ident(FOUND)).from_(inner.subquery(name("event")))
    return exp.select(exp.Star(), _misfits(columns, values)).from_(made.subquery(name("row")))


def _objects(paths: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """All objects on the way to them, the event itself first."""
    return list(dict.fromkeys(path[:end] for path in paths for end in range(len(path))))


def _array(paths: Sequence[tuple[str, ...]]) -> exp.Array:
    return exp.Array(expressions=[quoted(_json_path(path)) for path in paths])


def _values(columns: Sequence[NamedColumn]) -> list[Sql]:
    """The JSON value of each column."""
    position, made = 0, []
    for column, _ in columns:
        values = [_found(position := position + 1) for _ in column.places]
        made.append(values[0] if len(values) == 1 else func("COALESCE", *values))
    return made


def _found(position: int) -> Sql:
    return func("LIST_EXTRACT", ident(FOUND), number(position))


def _typed(named: NamedColumn, value: Sql) -> Sql:
    column, target = named
    typed = func(CONVERSIONS[column.type], value.copy())
    return only_member(typed) if target == SAID else typed


def only_member(members: Sql) -> Sql:
    """The first of one; else NULL."""
    is_one = func("LEN", members).eq(number(1))
    return exp.Case().when(is_one, func("LIST_EXTRACT", members.copy(), number(1)))


def _misfits(columns: Sequence[NamedColumn], values: Sequence[Sql]) -> Sql:
    """The fields with a value that their column cannot hold; NULL where there are none."""
    wrong = [
        exp.Case().when(_is_misfit(target, value), quoted(column.name))
        for (column, target), value in zip(columns, values, strict=True)
        if target not in OURS
    ]
    known = lambda_of("f", not_null(ident("f")))
    listed = func("LIST_FILTER", func("LIST_VALUE", *wrong), known)
    some = exp.GT(this=func("LEN", listed), expression=number(0))
    return exp.alias_(exp.Case().when(some, listed.copy()), FIELDS, quoted=True)


def _is_misfit(target: str, value: Sql) -> Sql:
    there = exp.NEQ(this=exp.cast(value, "TEXT"), expression=quoted("null"))
    return exp.And(this=exp.Is(this=ident(target), expression=exp.null()), expression=there)


def milliseconds(text: Sql, unit: TimeUnit) -> Sql:
    """Milliseconds since 1970, UTC, of the moment that a text names."""
    if unit is not TimeUnit.TEXT:
        guard = func("REGEXP_FULL_MATCH", text, quoted(EPOCH))
        return epoch_milliseconds(text, unit, guard)
    guard = func("REGEXP_FULL_MATCH", text, quoted(TIME))
    return moment(text, guard, func("EPOCH_MS", try_cast(minute_of(text), "TIMESTAMP")))


def _json_path(path: tuple[str, ...]) -> str:
    if "" in path:  # DuckDB's paths have no empty names, its JSON pointers do
        return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    parts = (part.replace("\\", "\\\\").replace('"', '\\"') for part in path)
    return "$" + "".join(f'."{part}"' for part in parts)
