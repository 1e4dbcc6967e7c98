"""The functions that views and statements use, all in one jar: events are read in Java alone.

They read an event once, however many of its fields are asked for, and read it as the matcher of
packs does. Tests look at all texts of a field; regular expressions are followed side by side, so
that no text takes them long.
"""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.sql.tree import quoted
from tocsin_flink_sql.sql.dialect import printed

FIELD = "tocsin_field"
ONLY = "tocsin_only"
SCALARS = "tocsin_scalars"
PASSES = "tocsin_passes"
RELATED = "tocsin_related"
EVENT_TIME = "tocsin_event_time"
EVENT_ID = "tocsin_event_id"
REFUSAL = "tocsin_refusal"
WINDOW = "tocsin_window"

CLASSES: Mapping[str, str] = {
    FIELD: "FieldOf",
    ONLY: "Only",
    SCALARS: "Scalars",
    PASSES: "Passes",
    RELATED: "Related",
    EVENT_TIME: "EventTime",
    EVENT_ID: "EventId",
    REFUSAL: "Refusal",
    WINDOW: "WindowOf",
}
"""Classes of the package `io.tocsin.flink`."""

FUNCTIONS = "tocsin-functions.jar"
PORTABLE = f"file:///opt/tocsin/{FUNCTIONS}"
"""Where compiled definitions look for the jar; `tocsin compile` writes it beside them."""


def definitions(jar: str) -> list[str]:
    """ADD JAR of the jar at a URI, and CREATE FUNCTION of each.

    Not USING JAR: Flink opens the jar of such a function again wherever a statement names it.
    """
    functions = [
        f"CREATE TEMPORARY FUNCTION {name} AS 'io.tocsin.flink.{kind}' LANGUAGE JAVA"
        for name, kind in CLASSES.items()
    ]
    return [f"ADD JAR {printed(quoted(jar))}", *functions]
