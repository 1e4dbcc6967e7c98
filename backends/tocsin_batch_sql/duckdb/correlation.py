"""Correlations on DuckDB."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.ir.query import CorrelationQuery
from tocsin.model.source import Source
from tocsin.sql.builder import SqlBuilder
from tocsin.sql.tree import Sql, func, number
from tocsin_batch_sql.common.correlation import BatchEngine, selection
from tocsin_batch_sql.duckdb.dialect import duckdb
from tocsin_batch_sql.duckdb.printer import printed
from tocsin_batch_sql.duckdb.tables import only_member


class DuckDbEngine(BatchEngine):
    """DuckDB."""

    def builder(self, source: Source) -> SqlBuilder:
        """Conditions for DuckDB."""
        return self.builders(source)[0]

    def builders(self, source: Source) -> Sequence[SqlBuilder]:
        """Those that fit, and the others."""
        return duckdb(source)

    def percentile(self, value: Sql, share: float) -> Sql:
        """QUANTILE_CONT."""
        return func("QUANTILE_CONT", value, number(share))

    def only_member(self, members: Sql) -> Sql:
        """The first of one."""
        return only_member(members)


def correlated(query: CorrelationQuery) -> str:
    """The correlation's SELECT for DuckDB. Raises Unsupported before any text is made."""
    return printed(selection(query, DuckDbEngine()))
