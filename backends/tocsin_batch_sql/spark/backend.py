"""The batch backend's second dialect: portable SQL for Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version
from typing import Any

from tocsin.backend.base import Endpoints
from tocsin.backend.forms import FormCosts
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.model.artifact import Job, Match
from tocsin.model.source import Source
from tocsin.pack import Part
from tocsin_batch_sql.common.backend import PortableSql
from tocsin_batch_sql.common.correlation import Tables
from tocsin_batch_sql.spark.correlation import correlated
from tocsin_batch_sql.spark.detection import statement
from tocsin_batch_sql.spark.pack import run_pack
from tocsin_batch_sql.spark.run import loaded, run_jobs
from tocsin_batch_sql.spark.session import missing, session
from tocsin_batch_sql.spark.tables import definitions

COSTS = FormCosts(
    sql_detection=0.045, sql_pair=2e-6, pack_once=5.0, pack_detection=0.02, pack_event=3e-5
)
"""Seconds, fitted to warm scans of 10 to 100 rules of process creation on 100 events."""


class SparkSql(PortableSql):
    """Backend `spark-sql` on the engine `spark`, which is an optional extra."""

    name = "spark-sql"
    engine = "spark"
    form_costs = COSTS

    def select(self, query: Resolved) -> str:
        """The statement of a detection, in the words of Spark."""
        return correlated(query) if isinstance(query, CorrelationQuery) else statement(query)

    def engine_version(self, endpoints: Endpoints) -> str:
        """Of the Spark that is installed here. Raises PackageNotFoundError where there is none."""
        del endpoints
        return version("pyspark")

    def tables(self, source: Source) -> str:
        """The functions and the view that the source's statements read, over JSON lines."""
        return definitions(source)

    def missing(self) -> str:
        """What keeps the engine from running here, or nothing."""
        return missing()

    def run_pack(
        self,
        source: Source,
        parts: Sequence[Part],
        events: Sequence[Mapping[str, Any]],
        endpoints: Endpoints | None = None,
    ) -> list[Match]:
        """All detections of a source on one table. Raises EngineError where Spark is not there."""
        del endpoints
        return run_pack(session(), source, parts, events)

    def run(self, jobs: Sequence[Job], endpoints: Endpoints | None = None) -> list[list[Match]]:
        """Run each job on a table of its own. Raises EngineError where Spark is not there."""
        del endpoints
        return run_jobs(session(), jobs)

    def loaded(
        self, job: Job, endpoints: Endpoints | None = None
    ) -> AbstractContextManager[Tables]:
        """A job's events in views. Raises EngineError where Spark is not there, or does not run."""
        del endpoints
        return loaded(session(), job)
