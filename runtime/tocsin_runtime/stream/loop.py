"""The loop of a worker, the same for every stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin_runtime.stream.base import Output, Record, Stream


@dataclass(slots=True)
class Counters:
    """What a worker has done so far: committed work only. Matches count by detection.

    `timeless`: those of them whose event tells no time that can be read. `left_out`: events that
    match a base of a correlation and do not count, by detection and reason. `muted`: matches that
    raised no alert as their detection was muted.
    """

    events: int = 0
    dead_letters: int = 0
    matches: Counter[str] = field(default_factory=Counter)
    timeless: Counter[str] = field(default_factory=Counter)
    muted: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Counters) -> None:
        """Count another batch."""
        self.events += other.events
        self.dead_letters += other.dead_letters
        self.matches.update(other.matches)
        self.timeless.update(other.timeless)
        self.muted.update(other.muted)
        self.left_out.update(other.left_out)

    def left_out_of(self, detection: str) -> dict[str, int]:
        """By reason, what a correlation left out."""
        return {why: count for (who, why), count in self.left_out.items() if who == detection}

    def left_out_by_detection(self) -> dict[str, dict[str, int]]:
        """The same for all correlations that left something out."""
        return {who: self.left_out_of(who) for who, _ in self.left_out}

    def as_json(self) -> dict[str, Any]:
        """The counts as one object."""
        return {
            "events": self.events,
            "dead_letters": self.dead_letters,
            "matches": self.matches.total(),
            "detections": dict(sorted(self.matches.items())),
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch of records gave. `outputs` may be made while they are taken, once."""

    outputs: Iterable[Output]
    counters: Counters


ProcessBatch = Callable[[Sequence[Record]], Batch]


def run(
    stream: Stream,
    process: ProcessBatch,
    stopped: Callable[[], bool] = lambda: False,
    finish: Callable[[], Batch] | None = None,
) -> Counters:
    """Poll, process, commit, until the stream ends or `stopped` says so. Closes the stream.

    `finish` gives what only the end of the stream can give; it is not asked after a stop.
    """
    total = Counters()

    def commit(batch: Batch) -> None:
        if stream.commit(batch.outputs):
            total.add(batch.counters)

    try:
        while not stopped():
            records = stream.poll()
            if records is None:
                if finish:
                    commit(finish())
                break
            if records:
                commit(process(records))
    finally:
        stream.close()
    return total
