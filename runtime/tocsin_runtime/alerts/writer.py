"""From matches to alerts, for the detections that are live."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    """One alert for each match of a detection that is not in shadow."""

    origin: Origin
    described: Mapping[str, Described]
    clock: Callable[[], int] = now

    @classmethod
    def of(cls, project: str, environment: str, deployment: ReleasedDetections) -> AlertWriter:
        """For the detections of a release, in the release's words."""
        described = {each.described.id: each.described for each in deployment.detections}
        return cls(Origin(project, environment), described)

    def __call__(self, match: MatchRecord, events: Sequence[Mapping[str, Any]]) -> Iterator[Output]:
        """The alert of a match, if there is to be one; `events` in order, those at hand."""
        described = self.described[match.detection]
        if described.shadow:
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
        yield Output(Sink.ALERTS, made["id"], body, described.id)
