"""What the SQL backends write, apart from what engines make of it."""

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
from tocsin_batch_sql.arrays import physical_names
from tocsin_batch_sql.backend import BatchSql
from tocsin_flink_sql.backend import FlinkSql

BOTH: list[Backend] = [BatchSql(), FlinkSql()]
HOSTILE = "'; DROP TABLE x; -- \\' \" ` \n"


def sql(backend: Backend, expr: Expr, of: Source | None = None) -> str:
    return backend.compile(query(expr, of or source())).body.decode()


def test_one_readable_statement_on_duckdb() -> None:
    cmd = Leaf("text", Text((Wild.MANY, "\\cmd.exe")))
    assert sql(BatchSql(), Or((cmd, Not(Leaf("number", Text(("5",))))))) == (
        'SELECT\n  \'d\' AS "detection_id",\n  *\n  EXCLUDE ("text~")\nFROM (\n'
        '  SELECT\n    *,\n    LOWER("text") AS "text~"\n  FROM "every_type"\n'
        ') AS "event"\nWHERE\n'
        '  ENDS_WITH("text~", \'\\cmd.exe\') OR NOT COALESCE("number" = 5, FALSE)\n'
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


@pytest.mark.parametrize("backend", BOTH, ids=lambda b: b.name)
def test_equalities_become_one_list(backend: Backend) -> None:
    values = [Leaf("text", Text((f"v{n}",))) for n in range(4432)]
    written = sql(backend, Or((*values, IsNull("number"))))
    assert written.count(" IN (") == 1
    assert " OR " in written or "\n  OR " in written


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
            ("flink", Leaf("many", Compare(Op.GT, 2**53)), "array-compare"),
            ("flink", Keyword(Text(("a",))), "no-values-column"),
            ("flink", Leaf("text", Regex(r"\B")), "re2-syntax"),
        ],
        ids=str,
    )
    def test_reason(self, engine: str, expr: Expr, reason: str) -> None:
        with pytest.raises(Unsupported) as refused:
            sql(self.BACKENDS[engine], expr)
        assert refused.value.reason == reason

    def test_a_scalar_with_declared_parts(self) -> None:
        of = Source(
            "odd",
            (
                Column("a", FieldType.STRING, ("a",)),
                Column("a.b", FieldType.STRING, ("a", "b")),
            ),
        )
        assert "`a.b`" in sql(FlinkSql(), Leaf("a.b", Text(("x",), cased=True)), of)
        with pytest.raises(Unsupported, match="scalar-with-parts"):
            sql(FlinkSql(), Leaf("a", Text(("x",))), of)


def test_names_that_differ_by_case_only_are_kept_apart_on_duckdb() -> None:
    assert physical_names(source())["TEXT"] == "TEXT~2"


def test_the_tables_of_flink() -> None:
    written = FlinkSql().tables(source())
    assert "`parts` ROW<`text` STRING, `deep` ROW<`number` BIGINT>>" in written
    assert (
        "WATERMARK FOR `~time` AS `~time` - INTERVAL '0 00:05:00.001' DAY(1) TO SECOND(3)"
        in written
    )
    assert "COALESCE(`parts.deep.number`, `parts`.`deep`.`number`)" in written
    assert "`many` STRING" in written
    assert written.count("CREATE TEMPORARY") == 3
