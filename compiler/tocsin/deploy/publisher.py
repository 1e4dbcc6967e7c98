"""What an apply publishes: the release record, as it changes step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tocsin.backend.records import RecordStore
from tocsin.backend.streaming import Rollout
from tocsin.release.cutover import Cutover
from tocsin.release.keys import RELEASE
from tocsin.release.record import Canary, Previous, ReleaseRecord

REMEMBERED = 20
"""Cuts that are kept for each detection: matches of older versions were read long ago."""


SignRecord = Callable[[bytes, bytes], bytes]
"""Of a record, and of what stands in its place, the record with its signature."""


class RecordPublisher:
    """The release record while it moves from one release to the next, each signed if it can be."""

    def __init__(
        self,
        store: RecordStore,
        rollout: Rollout,
        table: ReleaseRecord,
        sign: SignRecord | None = None,
    ) -> None:
        self._store = store
        self._rollout = rollout
        self._table = table
        self._sign = sign

    def cut_over(self, cutovers: Sequence[Cutover]) -> None:
        """Add these cutovers, or replace those of the same change."""
        changes = set(map(_change, cutovers))
        last = {each.detection: each for each in self._table.cutovers}
        again = {each for each in last.values() if _change(each) in changes}
        kept = [each for each in self._table.cutovers if each not in again]
        self._publish(replace(self._table, cutovers=_newest((*kept, *cutovers))))

    def canary(self, share: float | None) -> None:
        """Begin or end the canary of the new release."""
        rollout = self._rollout
        canary = None if share is None else Canary(rollout.release, rollout.after, share)
        self._publish(replace(self._table, canary=canary))

    def begin(self, starts: Mapping[str, int]) -> None:
        """These topics and no others have a start; where one had one already, it keeps it."""
        kept = {topic: self._table.starts.get(topic, at) for topic, at in starts.items()}
        self._publish(replace(self._table, starts=kept))

    def release(self) -> None:
        """The new release is live; the previous one is remembered."""
        table, rollout = self._table, self._rollout
        before = table.previous or Previous(table.release, rollout.before, table.mutes)
        self._publish(
            replace(
                table,
                release=rollout.release,
                detections=rollout.after,
                canary=None,
                previous=before,
                mutes=rollout.mutes,
            )
        )

    def settled(self) -> None:
        """From now on only a plan can return to the previous release."""
        self._publish(replace(self._table, previous=None))

    def restore(self) -> None:
        """The previous release is live again.

        Cutovers stay: both versions may have found something.
        """
        table = self._table
        before = table.previous or Previous(table.release, self._rollout.before, table.mutes)
        self._publish(
            replace(
                table,
                release=before.release,
                detections=before.detections,
                canary=None,
                previous=None,
                mutes=before.mutes,
            )
        )

    def _publish(self, table: ReleaseRecord) -> None:
        if table != self._table:
            self._store.put({RELEASE: self._signed(table.encode())})
            self._table = table

    def _signed(self, record: bytes) -> bytes:
        if self._sign is None:
            return record
        return self._sign(record, self._store.records().get(RELEASE, b""))


def _change(cutover: Cutover) -> tuple[str, str, str]:
    return cutover.detection, cutover.before, cutover.after


def _newest(cutovers: Sequence[Cutover]) -> tuple[Cutover, ...]:
    """Those that are remembered, oldest first."""
    kept: list[Cutover] = []
    for cutover in reversed(cutovers):
        if sum(other.detection == cutover.detection for other in kept) < REMEMBERED:
            kept.append(cutover)
    return tuple(reversed(kept))
