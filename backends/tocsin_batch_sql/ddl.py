"""The relation that a source's statements read, made out of raw JSON events by DuckDB itself.

One JSON document a line; a declared field is one typed column, NULL where the field is missing,
null, or of a type that does not fit. Numbers in text columns take their canonical text form.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tocsin.backend.sql_epoch import EPOCH, epoch_milliseconds
from tocsin.backend.sql_leaf import TIME
from tocsin.backend.sql_moments import minute_of
from tocsin.backend.sql_tree import Sql, func, ident, name, number, quoted, table, try_cast
from tocsin.model.source import Source, TimeUnit
from tocsin_batch_sql.arrays import CONVERSIONS, physical_names
from tocsin_batch_sql.clock import SAID, at_rest, in_order_of_arrival, moment, said
from tocsin_batch_sql.events import ROW, Named, run_columns

MACROS = r"""
CREATE OR REPLACE MACRO tocsin_number_text(d) AS CASE
  WHEN NOT ISFINITE(d) THEN NULL
  WHEN ABS(d) >= 1e21 THEN CAST(d AS VARCHAR)
  WHEN ABS(d) < 1e-3 AND CONTAINS(CAST(TO_JSON(d) AS VARCHAR), 'e-') THEN
    CASE WHEN d < 0 THEN '-' ELSE '' END || '0.'
    || REPEAT('0', CAST(REGEXP_EXTRACT(CAST(TO_JSON(d) AS VARCHAR), 'e-(\d+)$', 1) AS INT) - 1)
    || REGEXP_REPLACE(CAST(TO_JSON(d) AS VARCHAR), '^-|\.0e-\d+$|e-\d+$|\.', '', 'g')
  WHEN d = 0 THEN '0'
  ELSE REGEXP_REPLACE(CAST(TO_JSON(d) AS VARCHAR), '\.0$', '')
END;
CREATE OR REPLACE MACRO tocsin_text(j) AS CASE JSON_TYPE(j)
  WHEN 'VARCHAR' THEN j ->> '$'
  WHEN 'BOOLEAN' THEN j ->> '$'
  WHEN 'BIGINT' THEN j ->> '$'
  WHEN 'UBIGINT' THEN j ->> '$'
  WHEN 'DOUBLE' THEN tocsin_number_text(TRY_CAST(j ->> '$' AS DOUBLE))
END;
CREATE OR REPLACE MACRO tocsin_integer(j) AS
  CASE WHEN CAST(TRY_CAST(tocsin_text(j) AS BIGINT) AS VARCHAR) = tocsin_text(j)
  THEN TRY_CAST(tocsin_text(j) AS BIGINT) END;
CREATE OR REPLACE MACRO tocsin_double(j) AS
  CASE WHEN JSON_TYPE(j) IN ('BIGINT', 'UBIGINT', 'DOUBLE')
  AND ISFINITE(TRY_CAST(j ->> '$' AS DOUBLE)) THEN TRY_CAST(j ->> '$' AS DOUBLE) END;
CREATE OR REPLACE MACRO tocsin_boolean(j) AS
  CASE tocsin_text(j) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END;
CREATE OR REPLACE MACRO tocsin_map(j) AS CASE WHEN JSON_TYPE(j) <> 'NULL' THEN j END;
CREATE OR REPLACE MACRO tocsin_texts(j) AS CASE JSON_TYPE(j)
  WHEN 'NULL' THEN NULL
  WHEN 'OBJECT' THEN CAST([] AS VARCHAR[])
  WHEN 'ARRAY' THEN
    CASE WHEN LEN(LIST_FILTER(JSON_EXTRACT(j, '$[*]'), LAMBDA m: JSON_TYPE(m) <> 'NULL')) > 0
    THEN LIST_FILTER(
      LIST_TRANSFORM(JSON_EXTRACT(j, '$[*]'), LAMBDA m: tocsin_text(m)),
      LAMBDA t: t IS NOT NULL) END
  ELSE CASE WHEN tocsin_text(j) IS NOT NULL THEN [tocsin_text(j)] END
END;
""".lstrip()
"""Text forms of JSON values. Integers that only a double can hold take the double's text."""

FOUND = "found"
"""The list of all fields' JSON values, in the order of the columns."""


def view(source: Source, files: str) -> exp.Create:
    """CREATE VIEW over JSON-lines files (a path or a glob)."""
    target = table(source.table or source.name)
    row = exp.Sub(this=exp.Window(this=func("ROW_NUMBER"), over="OVER"), expression=number(1))
    names = physical_names(source)
    columns = [(column, names[column.name]) for column in source.columns]
    made = at_rest(source, rows([*columns, *said(source)], files), milliseconds, row)
    return exp.Create(this=target, kind="VIEW", replace=True, expression=made)


def loaded(source: Source, files: str, key: str, *, timed: bool) -> exp.Create:
    """CREATE OR REPLACE TABLE for a run, with the rows of a JSON-lines file.

    `key`: where events have their number, in order of arrival. `timed`: with the columns that
    correlations need.
    """
    target = table(source.table or source.name)
    columns = [*run_columns(source, key), *(said(source) if timed else ())]
    made = rows(columns, files)
    if timed:
        made = in_order_of_arrival(source, made, milliseconds, ROW)
    return exp.Create(this=target, kind="TABLE", replace=True, expression=made)


def rows(columns: Sequence[Named], files: str) -> exp.Select:
    """The typed rows of JSON-lines files; each document is parsed once."""
    paths = [_json_path(place) for column, _ in columns for place in column.places]
    listed = exp.Array(expressions=list(map(quoted, paths)))
    found = exp.alias_(func("JSON_EXTRACT", ident("json"), listed), FOUND, quoted=True)
    reader = exp.Table(this=func("READ_NDJSON_OBJECTS", quoted(files)))
    inner = exp.select(found).from_(reader).subquery(name("event"))
    return exp.select(*_typed(columns)).from_(inner)


def milliseconds(text: Sql, unit: TimeUnit) -> Sql:
    """Milliseconds since 1970, UTC, of the moment that a text names."""
    if unit is not TimeUnit.TEXT:
        guard = func("REGEXP_FULL_MATCH", text, quoted(EPOCH))
        return epoch_milliseconds(text, unit, guard)
    guard = func("REGEXP_FULL_MATCH", text, quoted(TIME))
    return moment(text, guard, func("EPOCH_MS", try_cast(minute_of(text), "TIMESTAMP")))


def only_member(members: Sql) -> Sql:
    """The first of one; else NULL."""
    is_one = func("LEN", members).eq(number(1))
    return exp.Case().when(is_one, func("LIST_EXTRACT", members.copy(), number(1)))


def _typed(columns: Sequence[Named]) -> list[Sql]:
    made: list[Sql] = []
    position = 0
    for column, target in columns:
        values = [_found(position := position + 1) for _ in column.places]
        value = values[0] if len(values) == 1 else func("COALESCE", *values)
        typed: Sql = func(CONVERSIONS[column.type], value)
        typed = only_member(typed) if target == SAID else typed
        made.append(exp.alias_(typed, target, quoted=True))
    return made


def _found(position: int) -> Sql:
    return func("LIST_EXTRACT", ident(FOUND), number(position))


def _json_path(path: tuple[str, ...]) -> str:
    if "" in path:  # DuckDB's paths have no empty names, its JSON pointers do
        return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    parts = (part.replace("\\", "\\\\").replace('"', '\\"') for part in path)
    return "$" + "".join(f'."{part}"' for part in parts)
