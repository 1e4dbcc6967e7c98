"""What an apply publishes: the record of the release, one form after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tocsin.backend.records import RecordStore
from tocsin.backend.streaming import Rollout
from tocsin.release.cutover import Cutover
from tocsin.release.keys import RELEASE
from tocsin.release.record import Canary, Previous, ReleaseRecord

REMEMBERED = 20
"""Cuts that are kept for each detection: matches of older versions were read long ago."""


class RecordPublisher:
    """The release record while it moves from one release to the next."""

    def __init__(self, store: RecordStore, rollout: Rollout, table: ReleaseRecord) -> None:
        self._store = store
        self._rollout = rollout
        self._table = table

    def cut(self, cuts: Sequence[Cutover]) -> None:
        """Add these cuts, or put them in place of those of the same change."""
        changes = {(cut.detection, cut.before, cut.after) for cut in cuts}
        last = {cut.detection: cut for cut in self._table.cuts}
        again = {cut for cut in last.values() if (cut.detection, cut.before, cut.after) in changes}
        kept = [cut for cut in self._table.cuts if cut not in again]
        self._publish(replace(self._table, cuts=_newest((*kept, *cuts))))

    def trial(self, share: float | None) -> None:
        """Begin or end the trial of the coming release."""
        rollout = self._rollout
        trial = None if share is None else Canary(rollout.release, rollout.after, share)
        self._publish(replace(self._table, trial=trial))

    def begin(self, starts: Mapping[str, int]) -> None:
        """These topics and no others have a start; where one had one already, it keeps it."""
        kept = {topic: self._table.starts.get(topic, at) for topic, at in starts.items()}
        self._publish(replace(self._table, starts=kept))

    def release(self) -> None:
        """The coming release is live; what was before it is remembered."""
        table, rollout = self._table, self._rollout
        before = table.previous or Previous(table.release, rollout.before)
        self._publish(
            replace(
                table,
                release=rollout.release,
                detections=rollout.after,
                trial=None,
                previous=before,
            )
        )

    def settled(self) -> None:
        """There is no way back to the release before but by a plan."""
        self._publish(replace(self._table, previous=None))

    def restore(self) -> None:
        """The release before is live again. Cuts stay: both sides may have found something."""
        table = self._table
        before = table.previous or Previous(table.release, self._rollout.before)
        self._publish(
            replace(
                table,
                release=before.release,
                detections=before.detections,
                trial=None,
                previous=None,
            )
        )

    def _publish(self, table: ReleaseRecord) -> None:
        if table != self._table:
            self._store.put({RELEASE: table.encode()})
            self._table = table


def _newest(cuts: Sequence[Cutover]) -> tuple[Cutover, ...]:
    """Those that are remembered, oldest first."""
    kept: list[Cutover] = []
    for cut in reversed(cuts):
        if sum(other.detection == cut.detection for other in kept) < REMEMBERED:
            kept.append(cut)
    return tuple(reversed(kept))
