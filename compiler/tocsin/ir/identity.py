"""What identifies an event (E11): the same text wherever a detection runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.canonical import digest
from tocsin.ir.evaluate import View

Renamed = Mapping[str, tuple[str, ...]]
"""Paths of the fields whose place in an event is not simply their name."""

LONGEST = 1024
"""Characters of an id: alerts name a hundred, and a topic takes no record of any size."""


def event_id(
    event: Mapping[str, Any], id_fields: Sequence[str], renamed: Renamed | None = None
) -> str:
    """The values of the fields that identify the event; its digest if one is missing, or too long.

    One field: its text form. Several: `<length in code points>:<text form>`, one after the other,
    so that no two lists of values give the same text. A part that has not exactly one text form
    is missing.
    """
    view = View(event, renamed)
    parts = [found[0] for field in id_fields if (found := view.texts(field)) and len(found) == 1]
    if not parts or len(parts) < len(id_fields):
        return f"sha256:{digest(event)}"
    made = parts[0] if len(parts) == 1 else "".join(f"{len(part)}:{part}" for part in parts)
    return made if len(made) <= LONGEST else f"sha256:{digest(event)}"
