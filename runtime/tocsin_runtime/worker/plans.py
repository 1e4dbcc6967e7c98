"""What a worker has to run: the release, a canary beside it, and matches found elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.release.keys import RELEASE
from tocsin.release.record import Canary, ReleaseRecord
from tocsin.trust.record_seal import RecordGuard
from tocsin_runtime.alerts.found import Alerter
from tocsin_runtime.control.record import deployment, release_record
from tocsin_runtime.stream.base import Record
from tocsin_runtime.stream.deployment import ReleasedDetections
from tocsin_runtime.stream.loop import ProcessBatch
from tocsin_runtime.worker.version import Version, WriterOf

Work = list[tuple[ProcessBatch, list[Record]]]
Records = Mapping[str, bytes]

_NOTHING = ReleasedDetections(0, ())
_TOLD = 500
"""Characters of an error that a report has."""


class Plans:
    """The versions at hand, by the records of a control topic.

    `found`: the topic of what jobs elsewhere find, read where a release has any. `error`: why the
    last record, or its canary, is not what runs. `starts`: where topics begin that were never read.
    `guard`: lets only records through that are signed rightly.
    """

    def __init__(
        self,
        topic: str,
        writer_of: WriterOf,
        found: str = "",
        guard: RecordGuard | None = None,
    ) -> None:
        self._topic = topic
        self._writer_of = writer_of
        self._found = found
        self._guard = guard
        self._seen = ""
        self._numbers: dict[str, int] = {}
        self._share = 0.0
        self.error = ""
        self.starts: Mapping[str, int] = {}
        self.release = Version(_NOTHING, writer_of(_NOTHING))
        self.canary: Version | None = None
        self._alerter: Alerter | None = None

    # --- following --------------------------------------------------------------------------------

    def take(self, records: Records) -> None:
        """Follow these records; if that is impossible, change nothing and record the error."""
        seen = digest_bytes(records.get(RELEASE, b""))
        if seen == self._seen and not self.error:
            if self._guard:
                self._guard.remember()
            return
        self._seen, self.error = seen, ""
        self._numbers.clear()
        try:
            self._take(records)
        except ConfigError as error:
            self.error = error.message
        except Exception as error:  # noqa: BLE001 - whatever a record holds, what runs goes on
            self.error = f"the release cannot be loaded: {type(error).__name__} {error}"[:_TOLD]

    def check(self) -> None:
        """Raises ConfigError with the reason if there is nothing to run."""
        if self.error and not self.release.deployment.release:
            raise ConfigError(self.error, hint="deploy with `tocsin apply`")

    def _take(self, records: Records) -> None:
        table = release_record(records, self._topic)
        if self._guard:
            self._guard.check(records[RELEASE])
        release = self._version(table, table, records)
        alerter = None
        if self._found:
            alerter = Alerter(release.deployment, table.cutovers, release.writer)
        canary = self.canary
        self.release, self.canary, self._alerter = release, None, alerter
        self.starts = table.starts
        if table.canary:
            wanted, self._share = table.canary, table.canary.share
            self.canary = self._version(wanted, table, records, canary)

    def _version(
        self,
        of: ReleaseRecord | Canary,
        table: ReleaseRecord,
        records: Records,
        canary: Version | None = None,
    ) -> Version:
        """The version of a record, or of its canary; what is known is not made again."""
        wanted = deployment(of.release, of.detections, records, table.mutes)
        known = [v for v in (self.release, self.canary, canary) if v is not None]
        for version in known:
            if version.deployment == wanted:
                return version
        return Version.of(wanted, self._writer_of, known)

    # --- work -------------------------------------------------------------------------------------

    @property
    def topics(self) -> tuple[str, ...]:
        """What is to be read. A topic that only a canary has is read when that is released."""
        found = (self._found,) if self._found and self.release.elsewhere else ()
        return tuple(sorted({*self.release.topics, *found}))

    def split(
        self, records: Sequence[Record], partitions: Callable[[str], int]
    ) -> tuple[Work, Work, Work]:
        """Who is to process which records: canary, released, found elsewhere.

        `partitions` tells how many a topic has.
        """
        canary: list[Record] = []
        released: list[Record] = []
        found: list[Record] = []
        for record in records:
            if record.topic == self._found:
                found.append(record)
            elif self.canary and self._in_canary(record, partitions):
                canary.append(record)
            else:
                released.append(record)
        return (
            [(self.canary, canary)] if self.canary else [],
            [(self.release, released)],
            [(self._alerter, found)] if self._alerter else [],
        )

    def _in_canary(self, record: Record, partitions: Callable[[str], int]) -> bool:
        topic = record.topic
        if topic not in self._numbers:
            self._numbers[topic] = canary_partitions(partitions(topic), self._share)
        return record.partition < self._numbers[topic]

    # --- telling ----------------------------------------------------------------------------------

    def told(self) -> dict[str, Any]:
        """What a report has of it. `seen` is the digest of the record that it answers to."""
        isolated: dict[str, str] = {}
        for version in (self.release, self.canary):
            for lane in version.lanes.values() if version else ():
                isolated |= lane.isolated
        return {
            "release": self.release.deployment.release,
            "trial": self.canary.deployment.release if self.canary else None,
            "seen": self._seen,
            "error": self.error,
            "isolated": isolated,
        }


def canary_partitions(partitions: int, share: float) -> int:
    """How many partitions of a topic, the first ones, see the canary."""
    return max(1, math.ceil(share * partitions)) if partitions > 1 and share > 0 else 0
