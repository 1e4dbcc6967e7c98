"""A worker without a broker: the records of its control topic are at hand."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.release.keys import RELEASE
from tocsin.release.record import ReleaseRecord
from tocsin_runtime.alerts.alert import Origin
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.control.reader import Follower
from tocsin_runtime.stream.deployment import ReleasedDetections


class RecordsAtHand(Follower):
    """Follows records that a test changes."""

    def __init__(self, records: Mapping[str, bytes]) -> None:
        self.records = dict(records)

    def refresh(self, seconds: float = 0) -> bool:
        del seconds
        return True

    def drain(self) -> bool:
        return True


def writer_of(released: ReleasedDetections) -> AlertWriter:
    described = {each.described.id: each.described for each in released.detections}
    return AlertWriter(Origin("p", "e"), described)


def empty_release(number: int) -> dict[str, bytes]:
    """The control topic of the environment `broker` after a release of no detections."""
    return {RELEASE: ReleaseRecord("broker", number).encode()}
