"""The record of a match, as the topic of matches carries it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.canonical import canonical_bytes
from tocsin.ir.evidence import Grounds
from tocsin_runtime.alerts.binding import Binding
from tocsin_runtime.stream.base import Record

FORM = 2


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """A detection matched an event. `time` is event time in milliseconds, None if unknown.

    `group`: names and values of a correlation's group, which the event completed. `event_ids`: the
    newest events of its window, this one last, of `event_count` in all. `muted`: it raised no
    alert, as the detection was muted when it was found.
    """

    detection: str
    logic: str
    source: str
    time: int | None
    topic: str
    partition: int
    offset: int
    event_ids: tuple[str, ...]
    event_count: int = 1
    group: tuple[tuple[str, str], ...] = ()
    muted: bool = False

    @property
    def event_id(self) -> str:
        """The event that matched, or completed the correlation."""
        return self.event_ids[-1]

    @classmethod
    def of(
        cls,
        binding: Binding,
        event: Mapping[str, Any],
        record: Record,
        group: Sequence[str] = (),
        grounds: Grounds | None = None,
    ) -> MatchRecord:
        """The record of this detection's match on this event, for a correlation of this group."""
        return cls(
            detection=binding.detection,
            logic=binding.logic,
            source=binding.source,
            event_ids=grounds.ids if grounds else (binding.id_of(event),),
            event_count=grounds.count if grounds else 1,
            time=grounds.members[-1].time if grounds else binding.time_of(event),
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            group=tuple(zip(binding.group_by, group, strict=True)),
        )

    def encode(self) -> bytes:
        """One JSON object; `group` stands in the matches of correlations that have one."""
        group = {"group": dict(self.group)} if self.group else {}
        muted = {"muted": True} if self.muted else {}
        return canonical_bytes(
            {
                **group,
                **muted,
                "event_ids": self.event_ids,
                "event_count": self.event_count,
                "form": FORM,
                "detection": self.detection,
                "logic": self.logic,
                "source": self.source,
                "event_id": self.event_id,
                "time": self.time,
                "topic": self.topic,
                "partition": self.partition,
                "offset": self.offset,
            }
        )
