"""A worker on Kafka that follows its environment's control topic.

A version takes effect between two transactions, so that each event is matched by exactly one. What
cannot be loaded leaves what runs in place; the report tells it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.progress import Notify
from tocsin_matcher import Cost
from tocsin_runtime.control.reader import Follower
from tocsin_runtime.stream.base import Output, Record, Sink
from tocsin_runtime.stream.loop import Batch, Counters
from tocsin_runtime.worker.kafka import KafkaStream
from tocsin_runtime.worker.plans import Plans
from tocsin_runtime.worker.reports import Reports
from tocsin_runtime.worker.version import joined


@dataclass(slots=True)
class Done:
    """Committed work: `counters` of all, the canary's events, results by sink, seconds by batch."""

    counters: Counters = field(default_factory=Counters)
    canary_events: int = 0
    outputs: Counter[Sink] = field(default_factory=Counter)
    batches: int = 0
    seconds: float = 0.0


class Service:
    """Processor and stream in one: after each poll it looks whether the release changed.

    `name` is the worker's; `polled_at`: when it last polled, by the monotonic clock; `lags`,
    events behind of partitions, as of about then.
    """

    def __init__(self, name: str, follower: Follower, plans: Plans, say: Notify) -> None:
        self.name = name
        self.plans = plans
        self.done = Done()
        self.polled_at = time.monotonic()
        self.lags: Mapping[tuple[str, int], int] = {}
        self._follower = follower
        self._say = say
        self._stream: KafkaStream | None = None
        self._reports: Reports | None = None
        self._polled = 0.0
        self._batch = Done()
        follower.refresh()
        plans.take(follower.records)
        plans.check()
        self.topics = plans.topics

    def start(self, stream: KafkaStream, reports: Reports | None = None) -> None:
        """Read from this stream, which subscribes to `topics`."""
        self._stream = stream
        self._reports = reports

    # --- the loop's stream ------------------------------------------------------------------------

    def poll(self) -> Sequence[Record] | None:
        """Records to process with what the control topic says after they came."""
        now = time.monotonic()
        if int(now) > int(self.polled_at):
            self.lags = self.stream.lags()
        self.polled_at = now
        if self.plans.topics != self.topics:
            self.topics = self.plans.topics
            self.stream.subscribe(self.topics, self.plans.starts)
        if self._reports:
            self._reports.tell(self.report)
        records = self.stream.poll()
        self._polled = time.monotonic()
        # A cutover is published before any match later than it: records in hand wait for it.
        changed = self._follower.refresh() if records else self._follower.drain()
        if changed:
            self._follow()
        return records

    def __call__(self, records: Sequence[Record]) -> Batch:
        """Process a batch with the versions at hand."""
        canary, released, found = self.plans.split(records, self.stream.partitions)
        batch = joined([process(group) for process, group in (*canary, *released, *found) if group])
        self._batch = Done(batch.counters, sum(len(group) for _, group in canary))
        return Batch(self._counted(batch.outputs), batch.counters)

    def commit(self, outputs: Iterable[Output]) -> bool:
        """Commit to the stream."""
        kept = self.stream.commit(outputs)
        if kept:
            done, batch = self.done, self._batch
            done.counters.add(batch.counters)
            done.canary_events += batch.canary_events
            done.outputs.update(batch.outputs)
            done.batches += 1
            done.seconds += time.monotonic() - self._polled
        return kept

    def close(self) -> None:
        """Close the stream, and report that this worker is gone."""
        self.stream.close()
        if self._reports:
            self._reports.leave()
        self._follower.close()

    # --- what it tells ----------------------------------------------------------------------------

    def report(self) -> Mapping[str, Any]:
        """The worker's report, as the control topic has it."""
        topics: dict[str, list[int]] = {}
        for topic, partition in sorted(self.stream.assigned):
            topics.setdefault(topic, []).append(partition)
        return {
            "worker": self.name,
            **self.plans.told(),
            "topics": topics,
            "events": self.done.counters.events,
            "trial_events": self.done.canary_events,
            "dead_letters": self.done.counters.dead_letters,
            "without_time": dict(self.done.counters.timeless),
            "muted": dict(self.done.counters.muted),
            "left_out": self.done.counters.left_out_by_detection(),
            "at": time.time_ns() // 1_000_000,
        }

    @property
    def costs(self) -> Mapping[str, Cost]:
        """What the detections of this release cost so far, by id."""
        return {n: c for lane in self.plans.release.lanes.values() for n, c in lane.costs.items()}

    # --- parts ------------------------------------------------------------------------------------

    @property
    def stream(self) -> KafkaStream:
        """The stream that it was started with."""
        if self._stream is None:
            raise RuntimeError("start the service first")
        return self._stream

    def _follow(self) -> None:
        before = self.plans.told()
        self.plans.take(self._follower.records)
        now = self.plans.told()
        if now["error"] and now["error"] != before["error"]:
            self._say(f"still at release {now['release']}: {now['error']}")
        if now["release"] != before["release"]:
            self._say(f"now at release {now['release']}")
        if now["trial"] and now["trial"] != before["trial"]:
            self._say(f"canary of release {now['trial']}")

    def _counted(self, outputs: Iterable[Output]) -> Iterator[Output]:
        for output in outputs:
            self._batch.outputs[output.sink] += 1
            yield output
