"""From matches to alerts, for the detections that are live."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tocsin_runtime.alerts.alert import Evidence, Origin, alert, bounded
from tocsin_runtime.alerts.match import MatchRecord
from tocsin_runtime.stream.base import Output, Sink
from tocsin_runtime.stream.deployment import Described, ReleasedDetections


def now() -> int:
    """This moment, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class AlertWriter:
    """One alert for each match of a detection that is not in shadow, and not muted.

    `mutes`: until when detections are, in milliseconds since 1970 UTC, by this machine's clock.
    `keeps_muted`: the alert of a muted match goes to a sink of its own.
    """

    origin: Origin
    described: Mapping[str, Described]
    clock: Callable[[], int] = now
    mutes: Mapping[str, int] = field(default_factory=dict)
    keeps_muted: bool = False

    @classmethod
    def of(cls, project: str, environment: str, deployment: ReleasedDetections) -> AlertWriter:
        """For the detections of a release, in the release's words."""
        described = {each.described.id: each.described for each in deployment.detections}
        mutes = {id_: _millis(until) for id_, until in deployment.mutes.items()}
        return cls(Origin(project, environment), described, mutes=mutes)

    def muted(self) -> frozenset[str]:
        """The detections that raise no alerts now."""
        at = self.clock() if self.mutes else 0
        return frozenset(id_ for id_, until in self.mutes.items() if at < until)

    def __call__(self, match: MatchRecord, events: Sequence[Mapping[str, Any]]) -> Iterator[Output]:
        """The alert of a match, if there is to be one; `events` in order, those at hand."""
        described = self.described[match.detection]
        if described.shadow or (match.muted and not self.keeps_muted):
            return
        evidence = Evidence(
            logic=match.logic,
            source=match.source,
            event_ids=match.event_ids,
            event_count=match.event_count,
            events=bounded(events),
            group_key=match.group,
            start=match.time,
            end=match.time,
            last=events[-1] if events else None,
        )
        made = alert(described, self.origin, evidence, self.clock())
        # ASCII only: a reader of any alphabet and any terminal takes it.
        body = json.dumps(made, separators=(",", ":")).encode()
        sink = Sink.MUTED if match.muted else Sink.ALERTS
        yield Output(sink, made["id"], body, described.id)


def _millis(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
