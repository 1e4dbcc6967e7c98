"""Two versions of a detection that run side by side: what only one of them matches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MatchKey = tuple[str, str]
"""What was matched: the event's id, and the group as text."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Matches of two versions by event, as their records in the topic of matches."""

    only_old: tuple[Mapping[str, Any], ...]
    only_new: tuple[Mapping[str, Any], ...]
    both: tuple[Mapping[str, Any], ...]

    @property
    def new(self) -> int:
        """How many matches the newer version has."""
        return len(self.only_new) + len(self.both)


def difference(records: Iterable[Mapping[str, Any]], old: str, new: str) -> Difference:
    """Of the matches of these two detections, by id; all others do not count."""
    found: dict[str, dict[MatchKey, Mapping[str, Any]]] = {old: {}, new: {}}
    for record in records:
        if record["detection"] in found:
            found[record["detection"]].setdefault(_key(record), record)
    before, after = found[old], found[new]
    return Difference(
        only_old=tuple(each for key, each in before.items() if key not in after),
        only_new=tuple(each for key, each in after.items() if key not in before),
        both=tuple(each for key, each in after.items() if key in before),
    )


def _key(record: Mapping[str, Any]) -> MatchKey:
    return record["event_id"], str(sorted(record.get("group", {}).items()))
