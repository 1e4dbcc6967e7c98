"""What the SQL backends write, apart from what engines make of it."""

from dataclasses import replace
from typing import ClassVar

import pytest

from sql_cases import query, source
from tocsin.backend.base import Backend
from tocsin.errors import Unsupported
from tocsin.ir.correlation import NODE_TYPES
from tocsin.ir.nodes import (
    Compare,
    Expr,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Op,
    Or,
    Regex,
    Text,
    Wild,
)
from tocsin.model.source import Column, FieldType, Source
from tocsin_batch_sql.common.arrays import physical_names
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.sql.functions import CLASSES
from tocsin_flink_sql.sql.tables import OWN, names_of

BOTH: list[Backend] = [BatchSql(), FlinkSql()]
FITTING = replace(source(), fits=True)
HOSTILE = "'; DROP TABLE x; -- \\' \" ` \n"


def sql(backend: Backend, expr: Expr, of: Source | None = None) -> str:
    return backend.compile(query(expr, of or FITTING)).body.decode()


def test_one_readable_statement_on_duckdb() -> None:
    cmd = Leaf("text", Text((Wild.MANY, "\\cmd.exe")))
    assert sql(BatchSql(), Or((cmd, Not(Leaf("number", Text(("5",))))))) == (
        'SELECT\n  \'d\' AS "detection_id",\n  *\n  EXCLUDE ("text~")\nFROM (\n'
        '  SELECT\n    *,\n    LOWER("text") AS "text~"\n  FROM "every_type"\n'
        ') AS "event"\nWHERE\n'
        '  ENDS_WITH("text~", \'\\cmd.exe\') OR NOT COALESCE("number" = 5, FALSE)\n'
    )


def test_the_second_half_is_for_values_that_do_not_fit() -> None:
    written = sql(BatchSql(), Leaf("number", Text(("5",))), source())
    first, second = written.split("\nUNION ALL\n")
    assert first.endswith('FROM "every_type"\nWHERE\n  "number" = 5')
    assert second == (
        'SELECT\n  \'d\' AS "detection_id",\n  *\n  EXCLUDE ("~misfits", "~texts")\n'
        'FROM "every_type__misfits"\nWHERE\n'
        "  LEN(LIST_FILTER(MAP_EXTRACT_VALUE(\"~texts\", 'number'), "
        'LAMBDA "~m" : "~m" = \'5\')) > 0\n'
    )


@pytest.mark.parametrize("backend", BOTH, ids=lambda b: b.name)
def test_texts_of_rules_stay_inside_their_quotes(backend: Backend) -> None:
    of = Source("odd", (Column(HOSTILE, FieldType.STRING, (HOSTILE,)),), table=HOSTILE)
    written = sql(backend, Leaf(HOSTILE, Text((HOSTILE.lower(),), cased=True)), of)
    assert HOSTILE.lower().replace("'", "''") in written
    quote = '"' if backend.name == "batch-sql" else "`"
    assert quote + HOSTILE.replace(quote, quote * 2) + quote in written


@pytest.mark.parametrize("backend", BOTH, ids=lambda b: b.name)
def test_every_node_is_declared(backend: Backend) -> None:
    assert set(backend.capabilities) == {node.__name__ for node in NODE_TYPES}


def test_equalities_become_one_list() -> None:
    values = [Leaf("text", Text((f"v{n}",))) for n in range(4432)]
    written = sql(BatchSql(), Or((*values, IsNull("number"))))
    assert written.count(" IN (") == 1
    assert " OR " in written or "\n  OR " in written
    assert sql(FlinkSql(), Or((*values, IsNull("number")))).count("tocsin_passes(") == 3


class TestRefusals:
    """What an engine cannot say exactly is refused with a reason, before any text is made."""

    BACKENDS: ClassVar[dict[str, Backend]] = {"duckdb": BatchSql(), "flink": FlinkSql()}

    @pytest.mark.parametrize(
        ("engine", "expr", "reason"),
        [
            ("duckdb", Leaf("ratio", Text((Wild.MANY, "5"))), "text-of-double"),
            ("duckdb", Leaf("ratio", Regex("5")), "text-of-double"),
            ("duckdb", Leaf("number", Compare(Op.GT, 2**64)), "number-out-of-range"),
            ("duckdb", Leaf("ratio", Compare(Op.GT, 2**53 + 1)), "number-out-of-range"),
            ("duckdb", Leaf("nothing", Text(("a",))), "unknown-field"),
            ("duckdb", Leaf("text", Text(("\ud800",))), "lone-surrogate"),
            ("duckdb", Keyword(Text(("a",))), "no-values-column"),
            ("flink", Leaf("text", Regex(r"\B")), "re2-syntax"),
        ],
        ids=str,
    )
    def test_reason(self, engine: str, expr: Expr, reason: str) -> None:
        with pytest.raises(Unsupported) as refused:
            sql(self.BACKENDS[engine], expr)
        assert refused.value.reason == reason


def test_names_that_differ_by_case_only_are_kept_apart_on_duckdb() -> None:
    assert physical_names(source())["TEXT"] == "TEXT~2"


def test_the_tables_of_flink() -> None:
    written = FlinkSql().tables(source())
    assert "`~time` AS tocsin_event_time(`~event`, '', 'time')" in written
    assert (
        "WATERMARK FOR `~time` AS `~time` - INTERVAL '0 00:05:00.001' DAY(1) TO SECOND(3)"
        in written
    )
    assert "tocsin_field(`~event`, 'parts.deep.number') AS `parts.deep.number`" in written
    assert "tocsin_refusal(`~event`) IS NULL" in written
    assert written.count("CREATE TEMPORARY TABLE") == 2
    assert written.count("CREATE TEMPORARY VIEW") == 1
    assert written.count("CREATE TEMPORARY FUNCTION") == len(CLASSES)


def test_one_readable_statement_on_flink() -> None:
    cmd = Leaf("text", Text((Wild.MANY, "\\cmd.exe")))
    written = sql(FlinkSql(), Or((cmd, Not(Leaf("number", Text(("5", Wild.ONE)))))))
    assert written.endswith(
        "FROM `every_type`\nWHERE\n"
        "  tocsin_passes(`text`, 'endswith', '\\cmd.exe')\n"
        "  OR NOT tocsin_passes(`number`, 'like', '5?')\n"
    )


def test_a_field_never_takes_the_name_of_a_column_of_ours() -> None:
    columns = tuple(Column(n, FieldType.STRING, (n,)) for n in ("~time", "~~time", "time"))
    names = names_of(Source("odd", columns))
    assert names == {"~time": "~~time", "~~time": "~~~time", "time": "time"}
    assert not {*names.values()} & {*OWN}
