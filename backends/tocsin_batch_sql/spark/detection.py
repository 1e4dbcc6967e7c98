"""One readable statement per detection."""

from __future__ import annotations

from tocsin.ir.query import Query
from tocsin_batch_sql.common.detection import selection
from tocsin_batch_sql.spark.dialect import spark
from tocsin_batch_sql.spark.printer import printed


def statement(query: Query) -> str:
    """The detection's SELECT for Spark. Raises Unsupported before any text is made."""
    return printed(selection(query, spark(query.source)))
