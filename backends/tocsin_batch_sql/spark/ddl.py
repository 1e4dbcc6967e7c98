r"""The relation that a source's statements read, made out of JSON lines by Spark itself.

Each line is parsed once, into a VARIANT, which keeps the type of every value; a declared field is
one typed column, NULL where the field is missing, null, or of a type that does not fit.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tocsin.backend.sql_tree import Sql, func, ident, name, number, quoted, table
from tocsin.model.source import Column, FieldType, Source
from tocsin_batch_sql.arrays import CONVERSIONS, physical_names
from tocsin_batch_sql.clock import SAID, at_rest, said
from tocsin_batch_sql.events import Named
from tocsin_batch_sql.spark.clock import milliseconds
from tocsin_batch_sql.spark.printer import printed

# Before Java 19, a double may have a digit or two too many in its text (8.409999999999999E21), so
# it is cut where fewer digits give the same double. Then it is laid out: digits m, exponent x.
_NUMBER = r"""TRANSFORM(TRANSFORM(TRANSFORM(
      ARRAY(CAST(ABS(TRY_VARIANT_GET(w, '$', 'DOUBLE')) AS STRING)),
      s -> NAMED_STRUCT('d', TRY_CAST(s AS DOUBLE),
        'm', TRY_CAST(REPLACE(REGEXP_EXTRACT(s, '^[0-9.]+', 0), '.', '') AS BIGINT),
        'x', COALESCE(TRY_CAST(REGEXP_EXTRACT(s, 'E(.*)$', 1) AS INT), 0)
          - LENGTH(REGEXP_EXTRACT(s, '[.]([0-9]+)', 1)))),
      n -> CASE
        WHEN n.m < 1000000000000000 AND n.d >= 1e-300 THEN STRUCT(CAST(n.m AS STRING) AS m, n.x)
        WHEN TRY_CAST(CONCAT((n.m + 50) DIV 100, 'E', n.x + 2) AS DOUBLE) = n.d
        THEN STRUCT(CAST((n.m + 50) DIV 100 AS STRING) AS m, n.x + 2 AS x)
        WHEN TRY_CAST(CONCAT((n.m + 5) DIV 10, 'E', n.x + 1) AS DOUBLE) = n.d
        THEN STRUCT(CAST((n.m + 5) DIV 10 AS STRING) AS m, n.x + 1 AS x)
        ELSE STRUCT(CAST(n.m AS STRING) AS m, n.x) END),
      n -> CASE
        WHEN n.m = '0' THEN '0'
        ELSE CONCAT(CASE WHEN TRY_VARIANT_GET(w, '$', 'DOUBLE') < 0 THEN '-' ELSE '' END, CASE
          WHEN LENGTH(n.m) + n.x > 21 THEN REGEXP_REPLACE(
            CONCAT(SUBSTR(n.m, 1, 1), '.', SUBSTR(n.m, 2), 'e+', LENGTH(n.m) + n.x - 1),
            '[.]?0*e', 'e')
          WHEN n.x >= 0 THEN CONCAT(n.m, REPEAT('0', n.x))
          WHEN LENGTH(n.m) + n.x > 0 THEN REGEXP_REPLACE(
            CONCAT(SUBSTR(n.m, 1, LENGTH(n.m) + n.x), '.', SUBSTR(n.m, LENGTH(n.m) + n.x + 1)),
            '[.]0*$|(?<=[.][0-9]{0,20})0+$', '')
          ELSE REGEXP_REPLACE(CONCAT('0.', REPEAT('0', -n.x - LENGTH(n.m)), n.m), '0+$', '') END)
      END)[0]"""
_KIND = "REGEXP_EXTRACT(SCHEMA_OF_VARIANT({v}), '^[A-Z]+', 0)"
_TEXT = f"""CASE
    WHEN {_KIND.format(v="w")} IN ('STRING', 'BIGINT', 'BOOLEAN')
    THEN TRY_VARIANT_GET(w, '$', 'STRING')
    WHEN {_KIND.format(v="w")} IN ('DECIMAL', 'DOUBLE') THEN {_NUMBER}
  END"""

_WHOLE = "CASE WHEN CAST(TRY_CAST(t AS BIGINT) AS STRING) = t THEN TRY_CAST(t AS BIGINT) END"


def _lists(vs: str) -> str:
    return f"""TRANSFORM(TRANSFORM({vs}, v -> CASE
    WHEN {_KIND.format(v="v")} = 'ARRAY' THEN TRY_VARIANT_GET(v, '$', 'ARRAY<VARIANT>')
    WHEN v IS NOT NULL THEN ARRAY(v) END),
  ms -> CASE WHEN EXISTS(ms, v -> NOT IS_VARIANT_NULL(v))
    THEN FILTER(TRANSFORM(ms, w -> {_TEXT}), t -> t IS NOT NULL) END)"""


def _function(signature: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {signature} RETURN\n  {body}"


FUNCTIONS = (
    _function("tocsin_text(v VARIANT) RETURNS STRING", f"TRANSFORM(ARRAY(v), w -> {_TEXT})[0]"),
    _function(
        "tocsin_integer(v VARIANT) RETURNS BIGINT",
        f"TRANSFORM(TRANSFORM(ARRAY(v), w -> {_TEXT}), t -> {_WHOLE})[0]",
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
    _function("tocsin_texts(v VARIANT) RETURNS ARRAY<STRING>", f"{_lists('ARRAY(v)')}[0]"),
)
"""Text forms of JSON values."""

AT_ONCE = (
    _function(
        "tocsin_all_text(vs ARRAY<VARIANT>) RETURNS ARRAY<STRING>",
        f"TRANSFORM(vs, w -> {_TEXT})",
    ),
    _function(
        "tocsin_all_texts(vs ARRAY<VARIANT>) RETURNS ARRAY<ARRAY<STRING>>",
        _lists("vs"),
    ),
    _function("tocsin_whole(t STRING) RETURNS BIGINT", _WHOLE),
)
"""The same for all columns of a table at once, see `loaded`."""

TOGETHER = {
    FieldType.STRING: "TOCSIN_ALL_TEXT",
    FieldType.TIMESTAMP: "TOCSIN_ALL_TEXT",
    FieldType.INTEGER: "TOCSIN_ALL_TEXT",
    FieldType.STRINGS: "TOCSIN_ALL_TEXTS",
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


def rows(source: Source, files: str) -> exp.Select:
    """The typed rows of JSON-lines files (a path or a glob)."""
    names = physical_names(source)
    made: list[tuple[Sql, str]] = [
        (func(CONVERSIONS[c.type], _value(c)), names[c.name]) for c in source.columns
    ]
    made += [(only_member(func(CONVERSIONS[c.type], _value(c))), name) for c, name in said(source)]
    return _aliased(made).from_(_parsed(files))


def only_member(members: Sql) -> Sql:
    """The first of one; else NULL."""
    is_one = func("SIZE", members).eq(number(1))
    return exp.Case().when(is_one, func("ELEMENT_AT", members.copy(), number(1)))


def loaded(columns: Sequence[Named], files: str) -> exp.Select:
    """The same rows for a run, with its columns.

    Spark's analysis takes 0.1 s for each call of TOCSIN_TEXT, which a view over many events is
    worth, since just the columns that a statement reads are made; a run makes them all at once.
    """
    together: dict[str, list[Sql]] = {}
    made: list[tuple[Sql, str]] = []
    for column, target in columns:
        makes = TOGETHER.get(column.type)
        value = _value(column)
        if makes:
            values = together.setdefault(makes, [])
            values.append(value)
            value = func("GET", ident(makes), number(len(values) - 1))
        value = _of_run(column.type, value)
        made.append((only_member(value) if target == SAID else value, target))
    all_ = [(func(makes, func("ARRAY", *values)), makes) for makes, values in together.items()]
    inner = _aliased([(ident(EVENT), EVENT), *all_]).from_(_parsed(files))
    return _aliased(made).from_(inner.subquery(name("event")))


def _of_run(kind: FieldType, value: Sql) -> Sql:
    if kind is FieldType.INTEGER:
        return func("TOCSIN_WHOLE", value)
    return value if kind in TOGETHER else func(CONVERSIONS[kind], value)


def _aliased(made: Sequence[tuple[Sql, str]]) -> exp.Select:
    return exp.select(*(exp.alias_(value, column, quoted=True) for value, column in made))


def _parsed(files: str) -> exp.Subquery:
    """The events of the files as VARIANT, without blank lines."""
    reader = exp.Table(this=name(files), db=name("text"))
    some = exp.NEQ(this=func("TRIM", ident(LINE)), expression=quoted(""))
    parsed = _aliased([(func("PARSE_JSON", ident(LINE)), EVENT)])
    return parsed.from_(reader).where(some).subquery(name("event"))


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
