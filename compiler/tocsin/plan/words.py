"""Changes of metadata between releases, and which of it alerts carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.release.entry import Entry

IN_ALERTS = (
    "title",
    "level",
    "status",
    "owner",
    "tags",
    "description",
    "author",
    "license",
    "references",
    "falsepositives",
    "dedup",
    "playbook",
)
"""Attributes of an entry that alerts carry."""
IN_RECORD = ("controls", "on_change", "file")
_LONGEST = 60


def reworded(after: Entry, before: Entry) -> bool:
    """Whether the metadata in alerts changes."""
    return any(getattr(after, name) != getattr(before, name) for name in IN_ALERTS)


def words_of(after: Entry, before: Entry) -> Iterator[str]:
    """The attributes that change, `old → new`."""
    for name in (*IN_ALERTS, *IN_RECORD):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name}: {_shown(old)} → {_shown(new)}"


def _shown(value: Any) -> str:
    joined = ", ".join(value) if isinstance(value, tuple) else value
    text = " ".join(str(joined or "none").split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
