"""Correlations in the form that is deployed, as one job on events that end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

from tocsin.ir.query import CorrelationQuery
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.bounded.run import SETTINGS
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_flink_sql.matcher.jar import functions_jar
from tocsin_flink_sql.state.artifact import CorrelationArtifact

BOUNDED: Mapping[str, str] = {
    "scan.startup.mode": "earliest-offset",
    "scan.bounded.mode": "latest-offset",
}


def started(
    queries: Iterable[CorrelationQuery],
    servers: EngineAddresses,
    folder: Path,
    to: str,
    reading: Mapping[str, str] = BOUNDED,
) -> str:
    """Start them; the job. `folder` is shared with Flink, `to` the topic of what they find."""
    jar = folder / "functions.jar"
    jar.write_bytes(functions_jar())
    made = list(map(CorrelationArtifact.of, queries))
    kafka, uri = servers.addresses["kafka"], jar.absolute().as_uri()
    tables = [each.tables(kafka, uri, reading, {"topic": to}) for each in made]
    with Gateway(servers.addresses["flink_gateway"], settings=SETTINGS) as session:
        for statement in dict.fromkeys(chain.from_iterable(tables)):
            session.execute(statement)
        inserts = "".join(f"{each.insert};\n" for each in made)
        return session.submit_job(f"EXECUTE STATEMENT SET\nBEGIN\n{inserts}END")
