"""Correlations on Spark."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.ir.query import CorrelationQuery
from tocsin.model.source import Source
from tocsin.sql.builder import SqlBuilder
from tocsin.sql.correlation.engine import over
from tocsin.sql.tree import Sql, func, number
from tocsin_batch_sql.common.correlation import BatchEngine, selection
from tocsin_batch_sql.spark.dialect import spark
from tocsin_batch_sql.spark.printer import printed
from tocsin_batch_sql.spark.tables import only_member


class SparkEngine(BatchEngine):
    """Spark."""

    def builder(self, source: Source) -> SqlBuilder:
        """Conditions for Spark."""
        return self.builders(source)[0]

    def builders(self, source: Source) -> Sequence[SqlBuilder]:
        """Those that fit, and the others."""
        return spark(source)

    def distinct(self, value: Sql) -> Sql:
        """The size of the set of values: no DISTINCT in windows."""
        return func("SIZE", over(func("COLLECT_SET", value)))

    def percentile(self, value: Sql, share: float) -> Sql:
        """PERCENTILE."""
        return func("PERCENTILE", value, number(share))

    def only_member(self, members: Sql) -> Sql:
        """The first of one."""
        return only_member(members)


def correlated(query: CorrelationQuery) -> str:
    """The correlation's SELECT for Spark. Raises Unsupported before any text is made."""
    return printed(selection(query, SparkEngine()))
