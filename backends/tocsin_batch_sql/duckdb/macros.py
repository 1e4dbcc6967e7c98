"""What the view of a source calls on DuckDB."""

from __future__ import annotations

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
  CASE WHEN tocsin_number_text(TRY_CAST(tocsin_text(j) AS DOUBLE)) = tocsin_text(j)
  THEN TRY_CAST(tocsin_text(j) AS DOUBLE) END;
CREATE OR REPLACE MACRO tocsin_boolean(j) AS
  CASE tocsin_text(j) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END;
CREATE OR REPLACE MACRO tocsin_map(j) AS CASE WHEN JSON_TYPE(j) = 'OBJECT' THEN j END;
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
CREATE OR REPLACE MACRO tocsin_bare(t) AS
  REGEXP_REPLACE(CAST(t AS VARCHAR), '"(?:[^"\\]|\\.)*"', '""', 'g');
CREATE OR REPLACE MACRO tocsin_refused(j) AS CASE
  WHEN j IS NULL THEN 'not JSON'
  WHEN JSON_TYPE(j) <> 'OBJECT' THEN 'not a JSON object'
  WHEN REGEXP_MATCHES(
    CAST(j AS VARCHAR), '(?i)[:,[]\s*-?(nan|inf)|,\s*[]}]|[0-9]e\+?[0-9]{3}|[0-9]{300}')
  AND REGEXP_MATCHES(
    CONCAT(tocsin_bare(j), tocsin_bare(CAST(TRY_CAST(j AS VARIANT) AS JSON))),
    '(?i)nan|inf|,\s*[]}]')
  THEN 'not JSON: a number that is none, or a comma too many'
END;
CREATE OR REPLACE MACRO tocsin_last(j, objects) AS
  CASE WHEN LEN(LIST_FILTER(JSON_KEYS(j, objects), LAMBDA k: LIST_UNIQUE(k) <> LEN(k))) > 0
  THEN CAST(CAST(j AS VARIANT) AS JSON) ELSE j END;
""".lstrip()
"""Text forms of JSON values; NULL where a type cannot hold one. TOCSIN_REFUSED: why a line is no
event, as for a worker; DuckDB takes a few lines that are not JSON. TOCSIN_LAST: the event, of equal
keys of these objects the last (a VARIANT keeps that one)."""
