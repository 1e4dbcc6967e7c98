"""The batch backend's second dialect: portable SQL for Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.backend.base import Endpoints, Support, artifact_of
from tocsin.ir.correlation import NODE_TYPES
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Source
from tocsin_batch_sql.spark.correlation import correlated
from tocsin_batch_sql.spark.ddl import definitions
from tocsin_batch_sql.spark.emit import statement
from tocsin_batch_sql.spark.run import run_jobs
from tocsin_batch_sql.spark.session import missing, session


class SparkSql:
    """Backend `spark-sql` on the engine `spark`, which is an optional extra."""

    name = "spark-sql"
    engine = "spark"
    needs: tuple[str, ...] = ()
    capabilities: Mapping[str, Support] = {node.__name__: Support.YES for node in NODE_TYPES}

    def compile(self, query: Resolved) -> Artifact:
        """One SELECT. Raises Unsupported for what Spark cannot say exactly."""
        text = correlated(query) if isinstance(query, CorrelationQuery) else statement(query)
        return artifact_of(self.name, query, "sql", (text + "\n").encode())

    def tables(self, source: Source) -> str:
        """The functions and the view that the source's statements read, over JSON lines."""
        return definitions(source)

    def missing(self) -> str:
        """What keeps the engine from running here, or nothing."""
        return missing()

    def run(self, jobs: Sequence[Job], endpoints: Endpoints | None = None) -> list[list[Match]]:
        """Run each job on a table of its own. Raises EngineError where Spark is not there."""
        del endpoints
        return run_jobs(session(), jobs)
