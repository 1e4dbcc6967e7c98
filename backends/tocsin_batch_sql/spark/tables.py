r"""The relations that a source's statements read, made out of JSON lines by Spark itself.

Each line is parsed once, into a VARIANT, which keeps the type of every value. The relations are
those of DuckDB: see `tocsin_batch_sql.duckdb.tables`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tocsin.model.source import Column, FieldType, Source
from tocsin.sql.tree import Sql, func, ident, name, not_null, number, quoted, table
from tocsin_batch_sql.common.arrays import CONVERSIONS, lambda_of
from tocsin_batch_sql.common.event_time import SAID, at_rest, said
from tocsin_batch_sql.common.events import NamedColumn, view_columns
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
)
from tocsin_batch_sql.spark.event_time import milliseconds
from tocsin_batch_sql.spark.functions import FUNCTIONS
from tocsin_batch_sql.spark.printer import printed

TOGETHER = {
    FieldType.STRING: "TOCSIN_ALL_TEXT",
    FieldType.TIMESTAMP: "TOCSIN_ALL_TEXT",
    FieldType.INTEGER: "TOCSIN_ALL_TEXT",
    FieldType.STRINGS: "TOCSIN_ALL_TEXTS",
}
LISTS = TOGETHER[FieldType.STRINGS]
LINE, EVENT = "value", "event"
QUOTES = {"'", '"'}
"""A key with both, or an empty one, has no place in a path of Spark's."""
LAST_KEY = "SET spark.sql.variant.allowDuplicateKeys = true"
"""Of equal keys the last counts; where a session says otherwise, the event is refused."""


def definitions(source: Source) -> str:
    """The functions, and the views over `<table>/*.jsonl` that the source's statements read."""
    views = (printed(view) for view in _views(source, f"{beside(source, '')}/*.jsonl"))
    return "".join(f"{text};\n" for text in (LAST_KEY, *FUNCTIONS, *views))


def _views(source: Source, files: str) -> list[exp.Create]:
    columns = [*view_columns(source), *said(source)]
    # Nothing numbers rows without an order; this is unique, and the same for the same files.
    row = func("MONOTONICALLY_INCREASING_ID")
    made = at_rest(source, rows(columns, _events(files)), milliseconds, row)
    none = exp.Is(this=ident(FIELDS), expression=exp.null())
    every = exp.select(exp.Star()).from_(table(beside(source, ALL)))
    fit = exp.select(exp.Star(except_=[name(FIELDS), name(TEXTS)]))
    parts: dict[str, exp.Select] = {
        ALL: made,
        "": fit.from_(table(beside(source, ALL))).where(none),
        MISFITS: every.where(exp.Not(this=none.copy())),
        DRIFT: drift(source, "EXPLODE"),
        REFUSED: _refused(files),
    }
    return [
        exp.Create(this=table(beside(source, what)), kind="VIEW", replace=True, expression=part)
        for what, part in parts.items()
    ]


def only_member(members: Sql) -> Sql:
    """The first of one; else NULL."""
    is_one = func("SIZE", members).eq(number(1))
    return exp.Case().when(is_one, func("ELEMENT_AT", members.copy(), number(1)))


def rows(columns: Sequence[NamedColumn], lines: exp.Select, *, fits: bool = False) -> exp.Select:
    """The typed rows of JSON documents, with TEXTS and FIELDS unless all `fits`."""
    fields = [] if fits else [named for named in columns if named[1] not in OURS]
    together: dict[str, list[Sql]] = {LISTS: [_value(column) for column, _ in fields]}
    typed = [_typed(named, together) for named in columns]
    texts = [_got(LISTS, position) for position in range(len(fields))]
    calls = [(func(to, func("ARRAY", *each)), to) for to, each in together.items() if each]
    inner = _aliased([(ident(EVENT), EVENT), *calls]).from_(lines.subquery(name("line")))
    if fits:
        return _aliased(typed).from_(inner.subquery(name("event")))
    names = func("ARRAY", *(quoted(column.name) for column, _ in fields))
    map_ = func("MAP_FROM_ARRAYS", names, func("ARRAY", *texts))
    made = _aliased([*typed, (map_, TEXTS)]).from_(inner.subquery(name("event")))
    return exp.select(exp.Star(), _misfits(fields)).from_(made.subquery(name("row")))


def _typed(named: NamedColumn, together: dict[str, list[Sql]]) -> tuple[Sql, str]:
    column, target = named
    makes = TOGETHER.get(column.type)
    value = _value(column)
    if makes is None:
        return func(CONVERSIONS[column.type], value), target
    values = together.setdefault(makes, [])
    values.append(value)
    value = _got(makes, len(values) - 1)
    if column.type is FieldType.INTEGER:
        value = func("TOCSIN_WHOLE", value)
    return (only_member(value) if target == SAID else value), target


def _got(makes: str, position: int) -> Sql:
    return func("GET", ident(makes), number(position))


def texts_of(field: str) -> Sql:
    """The list of a field's texts in an event that does not fit."""
    return func("TRY_ELEMENT_AT", ident(TEXTS), quoted(field))


def _misfits(fields: Sequence[NamedColumn]) -> Sql:
    """The fields with a value that their column cannot hold; NULL where there are none."""
    wrong: list[Sql] = []
    for column, target in fields:
        missing = exp.Is(this=ident(target), expression=exp.null())
        both = exp.And(this=missing, expression=not_null(texts_of(column.name)))
        wrong.append(exp.Case().when(both, quoted(column.name)))
    listed = func("FILTER", func("ARRAY", *wrong), lambda_of("f", not_null(ident("f"))))
    some = exp.GT(this=func("SIZE", listed), expression=number(0))
    return exp.alias_(exp.Case().when(some, listed.copy()), FIELDS, quoted=True)


def _aliased(made: Sequence[tuple[Sql, str]]) -> exp.Select:
    return exp.select(*(exp.alias_(value, column, quoted=True) for value, column in made))


# --- lines ----------------------------------------------------------------------------------------


def objects(files: str) -> exp.Select:
    """The lines of a file of our own, as VARIANT."""
    return _aliased([(func("PARSE_JSON", ident(LINE)), EVENT)]).from_(_lines(files))


def _events(files: str) -> exp.Select:
    """The lines that are events, as those of workers are."""
    is_event = exp.Is(this=func("TOCSIN_REFUSED", ident(LINE)), expression=exp.null())
    parsed = _aliased([(func("TRY_PARSE_JSON", ident(LINE)), EVENT)])
    return parsed.from_(_lines(files)).where(_is_some(), is_event)


def _refused(files: str) -> exp.Select:
    """The other lines that are not blank: file, reason, text. Spark numbers no lines."""
    file = exp.Column(this=name("file_path"), table=name("_metadata"))
    reason = func("TOCSIN_REFUSED", ident(LINE))
    made = _aliased([(file, "file"), (reason, "reason"), (ident(LINE), "line")])
    return made.from_(_lines(files)).where(_is_some(), not_null(reason.copy()))


def _lines(files: str) -> exp.Table:
    return exp.Table(this=name(files), db=name("text"))


def _is_some() -> Sql:
    return exp.NEQ(this=func("TRIM", ident(LINE)), expression=quoted(""))


def _value(column: Column) -> Sql:
    values = [_found(place) for place in column.places]
    return values[0] if len(values) == 1 else func("COALESCE", *values)


def _found(place: tuple[str, ...]) -> Sql:
    """The JSON value at a place: by a path, or key by key where a path cannot name a key."""
    if all(part and not set(part) >= QUOTES for part in place):
        path = "$" + "".join(map(_step, place))
        return func("TRY_VARIANT_GET", ident(EVENT), quoted(path), quoted("VARIANT"))
    found: Sql = ident(EVENT)
    for part in place:
        keys = func("TRY_VARIANT_GET", found, quoted("$"), quoted("MAP<STRING, VARIANT>"))
        found = func("TRY_ELEMENT_AT", keys, quoted(part))
    return found


def _step(part: str) -> str:
    quote = "'" if '"' in part else '"'
    return f"[{quote}{part}{quote}]"
