"""A declared type never changes meaning: every cell of the table, on DuckDB and Spark."""

from __future__ import annotations

import pytest

from declared_types import declared, differing, fitting
from tocsin.backend.base import Backend
from tocsin.model.source import FieldType
from tocsin_batch_sql.duckdb.backend import BatchSql
from tocsin_batch_sql.spark.backend import SparkSql

BACKENDS = [
    pytest.param(BatchSql(), id="duckdb"),
    pytest.param(SparkSql(), id="spark", marks=pytest.mark.engine),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", FieldType)
def test_no_cell_differs(backend: Backend, kind: FieldType) -> None:
    wrong, refused = differing(backend, declared(kind))
    assert wrong == []
    assert refused <= {"text-of-double", "number-out-of-range"}


def test_cells_differ_where_types_are_taken_for_granted() -> None:
    wrong, _ = differing(BatchSql(), fitting(declared(FieldType.INTEGER)))
    assert len(wrong) > 100
