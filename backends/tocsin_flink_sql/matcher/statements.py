"""The statements of a pack's job.

The topic is read in the format `raw`, so that the matcher sees an event as it was written: flat
keys, arrays and nulls that Flink's JSON format cannot tell apart.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlglot import exp

from tocsin.sql.tree import quoted
from tocsin_flink_sql.sql.dialect import printed
from tocsin_flink_sql.sql.tables import (
    EVENT,
    MATCH_COLUMNS,
    OFFSET,
    PARTITION,
    TopicLocation,
    create_table,
    event_columns,
    metadata_column,
    plain_column,
)

EVENTS = "tocsin_events"
FOUND = "tocsin_found"
TOPIC = "~topic"
FUNCTION = "tocsin_match"
CLASS = "io.tocsin.flink.Match"


def events_table(place: TopicLocation) -> str:
    """CREATE TABLE over a source's topic: the bytes of each event, and where they are."""
    more = {
        "format": "raw",
        "scan.startup.mode": "earliest-offset",
        **({"scan.bounded.mode": "latest-offset"} if place.bounded else {}),
    }
    return create_table(EVENTS, event_columns(), place, more)


def found_table(matches: TopicLocation, refused: str) -> str:
    """CREATE TABLE over two topics: of matches, and of what could not be evaluated.

    A record of the second has a `reason`, and a `detection_id` if it is of one detection alone.
    `event` is the event as text.
    One table, since a job with two would call the matcher twice for each event.
    """
    kinds = {**MATCH_COLUMNS, "reason": "TEXT", "event": "TEXT"}
    columns = [plain_column(key, exp.DataType.build(kind)) for key, kind in kinds.items()]
    columns.append(metadata_column(TOPIC, "topic", "TEXT", written=True))
    return create_table(FOUND, columns, replace(matches, topic=f"{matches.topic};{refused}"), {})


def function(jar: Path) -> str:
    """CREATE FUNCTION of the pack in a jar; a session can have one."""
    uri = printed(quoted(jar.absolute().as_uri()))
    return f"CREATE TEMPORARY FUNCTION {FUNCTION} AS '{CLASS}' LANGUAGE JAVA USING JAR {uri}"


def matching(source: str, matches: str, refused: str) -> str:
    """The job: every event is read and matched once; `matches` and `refused` are topics."""
    name, good, bad = (printed(quoted(text)) for text in (source, matches, refused))
    listed = ", ".join(f"`{column}`" for column in (*MATCH_COLUMNS, "reason", "event", TOPIC))
    return f"""INSERT INTO `{FOUND}` ({listed})
SELECT `detection_id`, `logic`, {name}, `{PARTITION}`, `{OFFSET}`, `event_time`, `event_id`,
  `reason`, `event`, CASE WHEN `reason` IS NULL THEN {good} ELSE {bad} END
FROM `{EVENTS}`, LATERAL TABLE({FUNCTION}(`{EVENT}`)) AS `found`"""  # noqa: S608 - names are constants, texts are quoted
