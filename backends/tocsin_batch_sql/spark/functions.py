"""What the views of a source call on Spark."""

from __future__ import annotations

from tocsin.ir.text import BITS64, INT64
from tocsin.sql.leaves import EXACT_DOUBLE

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
    WHEN REGEXP_LIKE(SCHEMA_OF_VARIANT(w), '^DECIMAL[(][0-9]+,0[)]$')
    AND TRY_VARIANT_GET(w, '$', 'DECIMAL(20,0)') BETWEEN {INT64[-1] + 1} AND {BITS64[-1]}
    THEN CAST(TRY_VARIANT_GET(w, '$', 'DECIMAL(20,0)') AS STRING)
    WHEN {_KIND.format(v="w")} IN ('DECIMAL', 'DOUBLE') THEN {_NUMBER}
  END"""

_WHOLE = "CASE WHEN CAST(TRY_CAST(t AS BIGINT) AS STRING) = t THEN TRY_CAST(t AS BIGINT) END"


# Spark looks at the first value of a line only: what follows it breaks one of these two.
_ARRAY = "TRY_PARSE_JSON(CONCAT('[', t, ']'))"
_INFINITE = "'\"-?Infinity\"'"


def _lists(vs: str) -> str:
    return f"""TRANSFORM(TRANSFORM({vs}, v -> CASE
    WHEN {_KIND.format(v="v")} = 'ARRAY' THEN TRY_VARIANT_GET(v, '$', 'ARRAY<VARIANT>')
    WHEN v IS NOT NULL THEN ARRAY(v) END),
  ms -> CASE WHEN EXISTS(ms, v -> NOT IS_VARIANT_NULL(v))
    THEN FILTER(TRANSFORM(ms, w -> {_TEXT}), t -> t IS NOT NULL) END)"""


def _function(signature: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {signature} RETURN\n  {body}"


FUNCTIONS = (
    _function(
        "tocsin_double(v VARIANT) RETURNS DOUBLE",
        f"""CASE WHEN {_KIND.format(v="v")} IN ('BIGINT', 'DECIMAL', 'DOUBLE')
    AND ABS(TRY_VARIANT_GET(v, '$', 'DOUBLE')) < {EXACT_DOUBLE}
    OR {_KIND.format(v="v")} = 'DOUBLE'
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
        "tocsin_map(v VARIANT) RETURNS VARIANT",
        f"CASE WHEN {_KIND.format(v='v')} = 'OBJECT' THEN v END",
    ),
    _function(
        "tocsin_all_text(vs ARRAY<VARIANT>) RETURNS ARRAY<STRING>",
        f"TRANSFORM(vs, w -> {_TEXT})",
    ),
    _function(
        "tocsin_all_texts(vs ARRAY<VARIANT>) RETURNS ARRAY<ARRAY<STRING>>",
        _lists("vs"),
    ),
    _function("tocsin_whole(t STRING) RETURNS BIGINT", _WHOLE),
    _function(
        "tocsin_refused(t STRING) RETURNS STRING",
        f"""CASE
    WHEN NOT IS_VALID_UTF8(t) THEN 'not UTF-8'
    WHEN TRY_PARSE_JSON(t) IS NULL THEN 'not JSON, or one key twice'
    WHEN TRY_PARSE_JSON(CONCAT('{{"":', t, '}}')) IS NULL OR {_ARRAY} IS NULL
    OR TRY_VARIANT_GET({_ARRAY}, '$[1]', 'VARIANT') IS NOT NULL THEN 'not JSON: more than one value'
    WHEN REGEXP_LIKE(t, '[0-9][eE][+]?[0-9]{{3}}|[0-9]{{300}}')
    AND REGEXP_COUNT(TO_JSON(TRY_PARSE_JSON(t)), {_INFINITE}) <> REGEXP_COUNT(t, {_INFINITE})
    THEN 'not JSON: a number that is none'
    WHEN {_KIND.format(v="TRY_PARSE_JSON(t)")} <> 'OBJECT' THEN 'not a JSON object'
  END""",
    ),
)
"""Values of columns, their texts all at once: Spark's analysis takes 0.1 s for each call."""
