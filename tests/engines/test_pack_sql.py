"""The pack on DuckDB: generated detections, every leaf, tables that are not made by a run."""

from pathlib import Path

import duckdb
import pytest

from differential.world import SOURCE, query_of, row_of, source_of
from pack_cases import every_leaf, generated
from tocsin.backend.base import NoServers
from tocsin.errors import Unsupported
from tocsin.ir.nodes import And, Const, Expr, IsNull, Keyword, Leaf, Not, Text, Wild
from tocsin.model.artifact import Match
from tocsin.model.source import Column, FieldType, Source
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_batch_sql.duckdb.pack import run_pack_table

BACKEND = BatchSql()
ONE = Text(("run 1",))
HAS_A = Text((Wild.MANY, "a", Wild.MANY))


def test_generated_detections() -> None:
    case = generated(BACKEND, 250)
    found = BACKEND.run_pack(SOURCE, case.parts, [row_of(e) for e in case.events], NoServers())
    assert set(found) ^ case.wanted == set()
    assert found == sorted(set(found))
    assert len(found) > len(case.events)


def test_every_leaf_and_its_negation_on_nasty_events() -> None:
    case = every_leaf(BACKEND)
    found = BACKEND.run_pack(case.source, case.parts, case.events, NoServers())
    assert set(found) ^ case.wanted == set()
    assert len(case.parts) > 200


@pytest.mark.parametrize("count", [0, 1])
def test_few_events(count: int) -> None:
    exprs: list[Expr] = [Const(value=True), IsNull("text"), Leaf("text", HAS_A), Keyword(HAS_A)]
    parts = [BACKEND.part(query_of(expr, f"d{n}")) for n, expr in enumerate(exprs)]
    events = [row_of({"text": "xA"}) for _ in range(count)]
    found = BACKEND.run_pack(SOURCE, parts, events, NoServers())
    assert found == [Match("d0", 0), Match("d2", 0), Match("d3", 0)][: 3 * count]
    alone = BACKEND.run_pack(SOURCE, parts[:1], events, NoServers())
    assert alone == [Match("d0", 0)][:count]
    assert BACKEND.run_pack(SOURCE, [], events, NoServers()) == []


def test_what_a_table_cannot_tell_is_refused() -> None:
    with pytest.raises(Unsupported, match="no-values-column"):
        BACKEND.part(query_of(Keyword(HAS_A), "d", source_of(keywords=False)))
    with pytest.raises(Unsupported, match="unknown-field"):
        BACKEND.part(query_of(Leaf("other", HAS_A), "d"))


def test_a_parquet_file_without_rows_in_python(tmp_path: Path) -> None:
    """More values than come to Python at a time, a column that is null, pairs of columns."""
    columns = ("Image", "CommandLine", "User", "Nothing")
    source = Source("events", tuple(Column(c, FieldType.STRING, (c,)) for c in columns))
    line = Leaf("CommandLine", Text((Wild.MANY, " 77", Wild.MANY)))
    exprs: list[Expr] = [
        line,
        And((line, Not(Leaf("Image", Text((Wild.MANY, "3.exe")))))),
        And(
            (Leaf("User", Text(("u1",))), IsNull("Nothing"), Leaf("CommandLine", Text(("run 1",))))
        ),
    ]
    file = tmp_path / "events.parquet"
    with duckdb.connect() as connection:
        rows = connection.sql(
            "SELECT 'C:' || n % 7 || '.exe' AS Image, 'run ' || n AS CommandLine, "
            "'U' || n % 5 AS User, CAST(NULL AS VARCHAR) AS Nothing FROM range(9000) r(n)"
        )
        rows.write_parquet(str(file))
        connection.read_parquet(str(file), file_row_number=True).create_view("events")
        parts = [BACKEND.part(query_of(expr, f"d{n}", source)) for n, expr in enumerate(exprs)]
        found = run_pack_table(connection, "events", source, parts, row="file_row_number")
    sevens = [n for n in range(9000) if str(n).startswith("77")]
    assert found == [
        *(Match("d0", n) for n in sevens),
        *(Match("d1", n) for n in sevens if n % 7 != 3),
        Match("d2", 1),
    ]
