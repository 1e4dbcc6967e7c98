r"""The relation that a source's statements read, made out of JSON lines by Spark itself.

Each line is parsed once, into a VARIANT, which keeps the type of every value; a declared field is
one typed column, NULL where the field is missing, null, or of a type that does not fit.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tocsin.backend.sql_tree import Sql, func, ident, name, quoted, table
from tocsin.model.source import Column, FieldType, Source
from tocsin_batch_sql.arrays import physical_names, places
from tocsin_batch_sql.clock import at_rest
from tocsin_batch_sql.spark.clock import milliseconds
from tocsin_batch_sql.spark.printer import printed

# Jackson's shortest text of a number: Java's own was wrong before Java 19 (8.409999999999999E21).
_NUMBER = r"""TRANSFORM(ARRAY(NAMED_STRUCT('d', TRY_VARIANT_GET(w, '$', 'DOUBLE'), 's',
      REFLECT('com.fasterxml.jackson.core.io.schubfach.DoubleToDecimal', 'toString',
        ABS(TRY_VARIANT_GET(w, '$', 'DOUBLE'))))), n -> CASE
    WHEN ABS(n.d) = CAST('Infinity' AS DOUBLE) THEN NULL
    WHEN n.d = 0 THEN '0'
    ELSE CONCAT(CASE WHEN n.d < 0 THEN '-' ELSE '' END, CASE
      WHEN ABS(n.d) >= 1e21 THEN REGEXP_REPLACE(n.s, '(\\.0)?E', 'e+')
      WHEN ABS(n.d) >= 1e7 THEN
        REGEXP_REPLACE(CAST(CAST(n.s AS DECIMAL(38, 17)) AS STRING), '\\.?0+$', '')
      WHEN ABS(n.d) < 1e-3 THEN CONCAT('0.',
        REPEAT('0', CAST(REGEXP_EXTRACT(n.s, 'E-([0-9]+)$', 1) AS INT) - 1),
        REGEXP_REPLACE(n.s, '\\.0E.*$|\\.|E.*$', ''))
      ELSE REGEXP_REPLACE(n.s, '\\.0$', '') END)
    END)[0]"""
_KIND = "REGEXP_EXTRACT(SCHEMA_OF_VARIANT({v}), '^[A-Z]+', 0)"
_TEXT = f"""CASE
    WHEN {_KIND.format(v="w")} IN ('STRING', 'BIGINT', 'BOOLEAN')
    THEN TRY_VARIANT_GET(w, '$', 'STRING')
    WHEN {_KIND.format(v="w")} IN ('DECIMAL', 'DOUBLE') THEN {_NUMBER}
  END"""


def _function(signature: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {signature} RETURN\n  {body}"


FUNCTIONS = (
    _function("tocsin_text(v VARIANT) RETURNS STRING", f"TRANSFORM(ARRAY(v), w -> {_TEXT})[0]"),
    _function(
        "tocsin_integer(v VARIANT) RETURNS BIGINT",
        f"""TRANSFORM(TRANSFORM(ARRAY(v), w -> {_TEXT}), t ->
    CASE WHEN CAST(TRY_CAST(t AS BIGINT) AS STRING) = t THEN TRY_CAST(t AS BIGINT) END)[0]""",
    ),
    _function(
        "tocsin_double(v VARIANT) RETURNS DOUBLE",
        f"""CASE WHEN {_KIND.format(v="v")} IN ('BIGINT', 'DECIMAL', 'DOUBLE')
    AND ABS(TRY_VARIANT_GET(v, '$', 'DOUBLE')) < CAST('Infinity' AS DOUBLE)
  THEN TRY_VARIANT_GET(v, '$', 'DOUBLE') END""",
    ),
    _function(
        "tocsin_boolean(v VARIANT) RETURNS BOOLEAN",
        """CASE WHEN SCHEMA_OF_VARIANT(v) IN ('BOOLEAN', 'STRING') THEN
    CASE TRY_VARIANT_GET(v, '$', 'STRING') WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END
  END""",
    ),
    _function(
        "tocsin_map(v VARIANT) RETURNS VARIANT", "CASE WHEN NOT IS_VARIANT_NULL(v) THEN v END"
    ),
    _function(
        "tocsin_member_texts(vs ARRAY<VARIANT>) RETURNS ARRAY<STRING>",
        f"""CASE WHEN EXISTS(vs, v -> NOT IS_VARIANT_NULL(v))
  THEN FILTER(TRANSFORM(vs, w -> {_TEXT}), t -> t IS NOT NULL) END""",
    ),
    _function(
        "tocsin_texts(v VARIANT) RETURNS ARRAY<STRING>",
        f"""tocsin_member_texts(CASE
    WHEN {_KIND.format(v="v")} = 'ARRAY' THEN TRY_VARIANT_GET(v, '$', 'ARRAY<VARIANT>')
    WHEN v IS NOT NULL THEN ARRAY(v)
  END)""",
    ),
)
"""Text forms of JSON values, in the order of their making."""

CONVERSIONS = {
    FieldType.STRING: "TOCSIN_TEXT",
    FieldType.TIMESTAMP: "TOCSIN_TEXT",
    FieldType.INTEGER: "TOCSIN_INTEGER",
    FieldType.DOUBLE: "TOCSIN_DOUBLE",
    FieldType.BOOLEAN: "TOCSIN_BOOLEAN",
    FieldType.MAP: "TOCSIN_MAP",
    FieldType.STRINGS: "TOCSIN_TEXTS",
}
LINE, EVENT = "value", "event"
QUOTES = {"'", '"'}
"""A key with both, or an empty one, has no place in a path of Spark's."""


def definitions(source: Source) -> str:
    """The functions and the view over `<table>/*.jsonl` that the source's statements read."""
    target = source.table or source.name
    # Nothing numbers rows without an order; this is unique, and the same for the same files.
    row = func("MONOTONICALLY_INCREASING_ID")
    found = at_rest(source, rows(source, f"{target}/*.jsonl"), milliseconds, row)
    made = exp.Create(this=table(target), kind="VIEW", replace=True, expression=found)
    return "".join(f"{text};\n" for text in (*FUNCTIONS, printed(made)))


def rows(source: Source, files: str, extra: Sequence[Column] = ()) -> exp.Select:
    """The typed rows of JSON-lines files (a path or a glob)."""
    columns = (*source.columns, *extra)
    names = physical_names(source) | {column.name: column.name for column in extra}
    reader = exp.Table(this=name(files), db=name("text"))
    parsed = exp.alias_(func("PARSE_JSON", ident(LINE)), EVENT, quoted=True)
    some = exp.NEQ(this=func("TRIM", ident(LINE)), expression=quoted(""))
    inner = exp.select(parsed).from_(reader).where(some).subquery(name("event"))
    made = [exp.alias_(_typed(column), names[column.name], quoted=True) for column in columns]
    return exp.select(*made).from_(inner)


def _typed(column: Column) -> Sql:
    values = [_found(place) for place in places(column)]
    value = values[0] if len(values) == 1 else func("COALESCE", *values)
    return func(CONVERSIONS[column.type], value)


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
