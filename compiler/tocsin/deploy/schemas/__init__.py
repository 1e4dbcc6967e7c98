"""JSON Schemas of the records in Tocsin's topics, one file a topic.

Draft 7: Apicurio judges compatibility up to that draft only. Closed wherever Tocsin decides what
stands there, so that a new field is a compatible change for a registry that looks backward.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

TOPICS = ("tocsin.matches", "tocsin.alerts", "tocsin.dead-letters")
"""The topics whose records have a schema."""


def schema(topic: str) -> dict[str, Any]:
    """The schema of a topic's records."""
    name = topic.removeprefix("tocsin.")
    found: dict[str, Any] = json.loads((files(__package__) / f"{name}.json").read_bytes())
    return found


def subject(topic: str) -> str:
    """Where a registry keeps the schema of a topic's values."""
    return f"{topic}-value"
