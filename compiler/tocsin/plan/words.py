"""Changes of metadata between releases, and which of it alerts carry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tocsin.direction.verdict import Direction, DirectionKind, DirectionWitness
from tocsin.model.noise import NoiseReport
from tocsin.plural import plural
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
_LONGEST_EVENT = 200


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


def direction_words(found: Direction) -> Iterator[str]:
    """What a change does to the matches, with an event that shows it."""
    yield f"{_kind(found)}{_reason(found)}"
    if found.lost:
        yield f"no longer matches {_event(found.lost)}"
    if found.gained:
        yield f"now matches {_event(found.gained)}"


def noise_words(noise: NoiseReport, detection: str) -> str:
    """How much a detection said until now, and how much of it was false."""
    found = noise.of(detection)
    over = plural(noise.days, "day")
    if found is None:
        return f"no alerts in {over}"
    share = found.false_share
    false = "no finding judged" if share is None else f"{share:.0%} false positives"
    return f"{found.alerts_a_day:,.1f} alerts a day over {over}, {false}"


def _kind(found: Direction) -> str:
    if found.kind is DirectionKind.UNKNOWN:
        return "direction unknown: counts as weakening"
    return f"{found.kind}: weakens" if found.kind.weakens else str(found.kind)


def _reason(found: Direction) -> str:
    return f" ({found.reason})" if found.reason else ""


def _event(witness: DirectionWitness) -> str:
    if len(witness.events) > 1:
        return plural(len(witness.events), "event")
    text = json.dumps(dict(witness.events[0].event), ensure_ascii=False)
    return text if len(text) <= _LONGEST_EVENT else f"{text[: _LONGEST_EVENT - 1]}…"
