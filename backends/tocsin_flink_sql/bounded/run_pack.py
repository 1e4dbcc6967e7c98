"""Packs on a real cluster: one bounded job a source, its events in, matches out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from tocsin.backend.base import Endpoints
from tocsin.errors import EngineError
from tocsin.model.artifact import Match
from tocsin.pack import Pack, Part
from tocsin_flink_sql.bounded.run import SETTINGS
from tocsin_flink_sql.bounded.servers import servers_of
from tocsin_flink_sql.bounded.topics import produce, records
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_flink_sql.matcher.jar import pack_jar
from tocsin_flink_sql.matcher.statements import events_table, found_table, function, matching
from tocsin_flink_sql.sql.tables import TopicLocation
from tocsin_kafka.topics import temporary

PACK_SETTINGS = {**SETTINGS, "pipeline.object-reuse": "true"}
"""Events go from the source to the matcher as they are, not copied."""


def run_pack(
    source: str, parts: Iterable[Part], events: Sequence[Mapping[str, Any]], endpoints: Endpoints
) -> list[Match]:
    """The matches of a source's detections on these events, sorted.

    Raises EngineError where an engine is missing, the job fails, or an event or a detection could
    not be evaluated; Unsupported for what Java cannot say.
    """
    kafka, gateway, rest = servers_of(endpoints)
    pack = Pack.of(source, parts)
    run = f"tocsin-pack-{uuid4().hex}"
    places = [TopicLocation(kafka, f"{run}-{what}") for what in ("events", "matches", "refused")]
    with (
        temporary(kafka, [place.topic for place in places]),
        TemporaryDirectory() as folder,
    ):
        produce(kafka, places[0].topic, events)
        jar = Path(folder, f"tocsin-pack-{pack.digest}.jar")
        jar.write_bytes(pack_jar(pack))
        job = submit(pack.source, jar, places, gateway)
        with ClusterRest(rest) as cluster:
            cluster.wait_finished(job)
        for row in records(kafka, places[2].topic):
            who = row["detection_id"] or "every detection"
            raise EngineError(f"{who} was refused event {row['offset']}: {row['reason']}")
        found = records(kafka, places[1].topic)
    return sorted(Match(row["detection_id"], row["offset"]) for row in found)


def submit(source: str, jar: Path, places: Sequence[TopicLocation], gateway: str) -> str:
    """Start the bounded job of a pack's jar from a topic of events to two others; its id."""
    events, matches, refused = places
    bounded = TopicLocation(events.servers, events.topic, bounded=True)
    with Gateway(gateway, settings={**PACK_SETTINGS, "pipeline.name": events.topic}) as session:
        for statement in (
            events_table(bounded),
            found_table(matches, refused.topic),
            function(jar),
        ):
            session.execute(statement)
        return session.submit_job(matching(source, matches.topic, refused.topic))
