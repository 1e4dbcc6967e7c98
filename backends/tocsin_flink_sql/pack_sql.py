"""The statements of a pack's job.

The topic is read in the format `raw`, so that the matcher sees an event as it was written: flat
keys, arrays and nulls that Flink's JSON format cannot tell apart.
"""

from __future__ import annotations

from pathlib import Path

from sqlglot import exp

from tocsin.backend.sql_tree import quoted
from tocsin_flink_sql.ddl import (
    MATCHES,
    OFFSET,
    PARTITION,
    Place,
    create_table,
    metadata_column,
    plain_column,
    table_over,
)
from tocsin_flink_sql.flink import printed

EVENTS = "tocsin_events"
REFUSED = "tocsin_refused"
FUNCTION = "tocsin_match"
CLASS = "io.tocsin.flink.Match"

REFUSED_COLUMNS = {
    "detection_id": "TEXT",
    "source": "TEXT",
    "partition": "INT",
    "offset": "BIGINT",
    "reason": "TEXT",
}
"""What could not be evaluated: a whole event (no `detection_id`), or a detection on an event."""


def events_table(place: Place) -> str:
    """CREATE TABLE over a source's topic: the bytes of each event, and where they are."""
    columns = [
        plain_column("event", exp.DataType.build("BYTES", udt=True)),
        metadata_column(PARTITION, "partition", "INT"),
        metadata_column(OFFSET, "offset", "BIGINT"),
    ]
    more = {
        "format": "raw",
        "scan.startup.mode": "earliest-offset",
        **({"scan.bounded.mode": "latest-offset"} if place.bounded else {}),
    }
    return create_table(EVENTS, columns, place, more)


def refused_table(place: Place) -> str:
    """CREATE TABLE over the topic of what could not be evaluated."""
    return table_over(REFUSED, REFUSED_COLUMNS, place)


def function(jar: Path) -> str:
    """CREATE FUNCTION of the pack in a jar; a session can have one."""
    uri = printed(quoted(jar.absolute().as_uri()))
    return f"CREATE TEMPORARY FUNCTION {FUNCTION} AS '{CLASS}' LANGUAGE JAVA USING JAR {uri}"


def matching(source: str) -> str:
    """The job: every event is read and matched once."""
    name = printed(quoted(source))
    matched = f"`{EVENTS}`, LATERAL TABLE({FUNCTION}(`event`)) AS `found`"
    return f"""EXECUTE STATEMENT SET
BEGIN
INSERT INTO `{MATCHES}` (`detection_id`, `logic`, `source`, `partition`, `offset`, `event_time`)
SELECT `detection_id`, `logic`, {name}, `{PARTITION}`, `{OFFSET}`, `event_time`
FROM {matched}
WHERE `reason` IS NULL;
INSERT INTO `{REFUSED}` (`detection_id`, `source`, `partition`, `offset`, `reason`)
SELECT `detection_id`, {name}, `{PARTITION}`, `{OFFSET}`, `reason`
FROM {matched}
WHERE `reason` IS NOT NULL;
END"""
