"""Flink with many generated detections in one statement.

Planning is nearly all of the cost of a small detection on Flink, and most of that is paid once a
statement. So the conditions of many are computed side by side, one text of 0 and 1 an event. They
are made by the backend's own builder; what it refuses is refused here too. The table of the
contract runs the statements that are deployed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from uuid import uuid4

from sqlglot import exp  # noqa: TID251 - statements of the Flink backend, drawn together

from tocsin.backend.base import Backend, Endpoints, Support
from tocsin.backend.registry import load
from tocsin.ir.query import Query, Resolved
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.sql.tree import Sql, func, ident, number, quoted, table
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.bounded.run import SETTINGS
from tocsin_flink_sql.bounded.servers import servers_of
from tocsin_flink_sql.bounded.topics import produce, records
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_flink_sql.matcher.jar import functions
from tocsin_flink_sql.sql.conditions import FlinkLeaves
from tocsin_flink_sql.sql.dialect import printed
from tocsin_flink_sql.sql.tables import (
    OFFSET,
    TopicLocation,
    names_of,
    source_table,
    table_over,
    view,
)
from tocsin_kafka.topics import temporary

RESULTS = {"start": "INT", "event": "BIGINT", "bits": "TEXT"}
"""Number of the first condition, number of the event, a 0 or 1 for each condition."""
MANY = 20
"""Conditions of one statement."""
SESSIONS = 2
"""The gateway plans one statement of a session at a time."""


class FlinkMany:
    """The backend `flink-sql`, with another way to run what it compiled."""

    name = FlinkSql.name
    engine = FlinkSql.engine
    needs = FlinkSql.needs
    capabilities: Mapping[str, Support] = FlinkSql.capabilities

    def __init__(self) -> None:
        self._queries: dict[str, Query] = {}

    def compile(self, query: Resolved) -> Artifact:
        """The artifact that would be deployed; the query is kept for the run."""
        if isinstance(query, Query):
            self._queries[query.logic] = query
        return FlinkSql().compile(query)

    def run(self, jobs: Sequence[Job], endpoints: Endpoints) -> list[list[Match]]:
        """Each job with its artifacts drawn together."""
        return [sorted(self._run(job, endpoints)) for job in jobs]

    def _run(self, job: Job, endpoints: Endpoints) -> Iterator[Match]:
        kafka, gateway, rest = servers_of(endpoints)
        topic = f"tocsin-many-{uuid4().hex}"
        made = [self._statement(job, at) for at in range(0, len(job.artifacts), MANY)]
        defined = (
            source_table(job.source, TopicLocation(kafka, topic, bounded=True)),
            view(job.source),
            table_over("bits", RESULTS, TopicLocation(kafka, f"{topic}-bits")),
        )

        def submit(statements: Sequence[str]) -> list[str]:
            settings = {**SETTINGS, "pipeline.name": topic}
            with functions() as made, Gateway(gateway, settings=settings) as session:
                for text in (*made, *defined):
                    session.execute(text)
                return [session.submit_job(text) for text in statements]

        with temporary(kafka, [topic, f"{topic}-bits"]):
            produce(kafka, topic, job.events)
            with ThreadPoolExecutor(SESSIONS) as pool, ClusterRest(rest) as cluster:
                shares = [made[n::SESSIONS] for n in range(SESSIONS)]
                for started in chain.from_iterable(pool.map(submit, shares)):
                    cluster.wait_finished(started)
            for row in records(kafka, f"{topic}-bits"):
                for at, bit in enumerate(row["bits"]):
                    if bit == "1":
                        yield Match(job.artifacts[row["start"] + at].detection, row["event"])

    def _statement(self, job: Job, start: int) -> str:
        source = job.source
        builder = FlinkLeaves(source, names_of(source))
        chosen = job.artifacts[start : start + MANY]
        bits = [_bit(builder.condition(self._queries[each.logic].matches)) for each in chosen]
        columns = [number(start), ident(OFFSET), func("CONCAT", *bits, quoted(""))]
        select = exp.select(*columns, copy=False).from_(builder.relation(source.table))
        return printed(exp.Insert(this=table("bits"), expression=select))


def drawn_together(name: str) -> Backend:
    """A backend; Flink's with many detections in one statement."""
    return FlinkMany() if name == FlinkMany.name else load(name)


def _bit(condition: Sql) -> Sql:
    return exp.Case().when(condition, quoted("1")).else_(quoted("0"))
