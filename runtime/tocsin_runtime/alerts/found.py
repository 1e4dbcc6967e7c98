"""Matches of jobs elsewhere, as match records and alerts: those that count, each once.

A row is a JSON object: `detection_id`, `logic`, `source`, `partition`, `offset`, `event_time` (a
text or null), `event_id`, `event` (a text), and of correlations `group` (a list or null),
`event_ids` (the newest of the window, in order of time and id), `event_count` (of all) and `events`
(the texts of the last of these). A row with a `reason` is no match, but an event that matches a
base rule of a correlation and does not count for it; one that is late has its `event`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from tocsin.backend import registry
from tocsin.canonical import canonical_bytes
from tocsin.errors import ConfigError
from tocsin.events.decode import NotAnEventError, decode
from tocsin.ir.evidence import MOST_BYTES, MOST_IDS
from tocsin.ir.stream import LATE
from tocsin.ir.times import parse_millis
from tocsin.pack import Part
from tocsin.release.cutover import Cutover, WrittenMatch, counts
from tocsin_runtime.alerts.binding import Binding
from tocsin_runtime.alerts.match import MatchRecord
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.stream.base import Output, Record, Sink
from tocsin_runtime.stream.dead_letters import dead_letter
from tocsin_runtime.stream.deployment import DeployedDetection, Described, ReleasedDetections
from tocsin_runtime.stream.loop import Batch, Counters


@dataclass(frozen=True, slots=True)
class Finder:
    """A deployed detection that runs elsewhere. `topics`: those of its sources, by source."""

    described: Described
    binding: Binding
    topics: Mapping[str, str]

    @classmethod
    def of(cls, deployed: DeployedDetection) -> Finder:
        """Raises ConfigError if the artifact does not have its topics."""
        artifact = deployed.artifact
        backend = registry.streaming(artifact.backend)
        if backend is None:
            raise ConfigError(f"backend {artifact.backend} does not run detections continuously")
        try:
            topics = backend.inputs(artifact)
            if backend.packs and not artifact.stateful:
                return cls(deployed.described, Binding.of(Part.decode(artifact.body)), topics)
        except ValueError as error:
            raise ConfigError(f"artifact {artifact.path} cannot be read: {error}") from error
        binding = Binding(
            artifact.detection, artifact.logic, artifact.source, group_by=artifact.group_by
        )
        return cls(deployed.described, binding, topics)


class Alerter:
    """The detections of a release that run elsewhere, and the cutovers between their versions."""

    def __init__(
        self, deployment: ReleasedDetections, cutovers: Sequence[Cutover], writer: AlertWriter
    ) -> None:
        elsewhere = [
            d for d in deployment.detections if not registry.in_workers(d.artifact.backend)
        ]
        self._finders = {each.described.id: Finder.of(each) for each in elsewhere}
        self._cutovers: dict[str, list[Cutover]] = defaultdict(list)
        for cutover in cutovers:
            self._cutovers[cutover.detection].append(cutover)
        self._writer = writer

    def __call__(self, records: Sequence[Record]) -> Batch:
        """The results of a batch of rows. What is no row is a dead letter."""
        counters, muted = Counters(), self._writer.muted()
        outputs: list[Sequence[Output]] = []
        for record in records:
            try:
                outputs.append(self._results(record, counters, muted))
            except (NotAnEventError, KeyError, TypeError, ValueError) as error:
                reason = f"not a found match: {type(error).__name__} {error}"
                outputs.append((dead_letter(record, reason),))
                counters.dead_letters += 1
                continue
            counters.events += 1
        return Batch(chain.from_iterable(outputs), counters)

    def _results(
        self, record: Record, counters: Counters, muted: Collection[str]
    ) -> Sequence[Output]:
        row = decode(record.value)
        time = _time(row)
        finder = self._finders.get(row["detection_id"])
        written = WrittenMatch(row["logic"], time, (record.partition, record.offset))
        if finder is None or not self._counts(finder, written):
            return ()
        if why := row.get("reason"):
            made = list(_left_out(finder, row, time))
            counters.left_out[finder.described.id, str(why)] += 1
            return made
        ids, texts = _grounds(row)
        found = _match(finder, row, time, ids)
        match = replace(found, muted=found.detection in muted)
        recorded = Output(Sink.MATCHES, match.event_id, match.encode(), match.detection)
        made = [recorded, *self._writer(match, [decode(text.encode()) for text in texts])]
        counters.matches[match.detection] += 1
        if match.muted:
            counters.muted[match.detection] += 1
        if time is None:
            counters.timeless[match.detection] += 1
        return made

    def _counts(self, finder: Finder, written: WrittenMatch) -> bool:
        return counts(written, finder.binding.logic, self._cutovers[finder.described.id])


def _left_out(finder: Finder, row: Mapping[str, Any], time: int | None) -> Iterator[Output]:
    """An event that a correlation does not count: those that are late are published."""
    if row["reason"] != LATE:
        return
    told = {
        "detection": finder.described.id,
        "source": row["source"],
        "topic": finder.topics[row["source"]],
        "partition": int(row["partition"]),
        "offset": int(row["offset"]),
        "event_id": row["event_id"],
        "time": time,
        "value": text if len(text := row["event"]) <= MOST_BYTES else None,
    }
    yield Output(Sink.LATE, row["event_id"], canonical_bytes(told), finder.described.id)


def _time(row: Mapping[str, Any]) -> int | None:
    """Event time in milliseconds; rows have it as an ISO 8601 text, whatever the event's form."""
    text = row.get("event_time")
    return parse_millis(text) if isinstance(text, str) else None


def _grounds(row: Mapping[str, Any]) -> tuple[tuple[str, ...], list[str]]:
    """The events of a match by id, and the texts of the last of them; its own event comes last."""
    own, ids, texts = row["event_id"], row.get("event_ids") or [], row.get("events") or []
    members = list(zip(ids, [None] * (len(ids) - len(texts)) + texts, strict=True))
    at = next((n for n in reversed(range(len(ids))) if ids[n] == own), None)
    if at is not None:
        del members[at]
    kept = members[-(MOST_IDS - 1) :]
    shown = [text for _, text in kept if text is not None]
    return (*(each for each, _ in kept), own), [*shown, row["event"]]


def _match(
    finder: Finder, row: Mapping[str, Any], time: int | None, ids: tuple[str, ...]
) -> MatchRecord:
    binding, source = finder.binding, row["source"]
    topic = finder.topics.get(source) or next(iter(finder.topics.values()))
    group = row.get("group") or ()
    return MatchRecord(
        detection=binding.detection,
        logic=row["logic"],
        source=source,
        event_ids=ids,
        event_count=row.get("event_count") or 1,
        time=time,
        topic=topic,
        partition=int(row["partition"]),
        offset=int(row["offset"]),
        group=tuple(zip(binding.group_by, map(str, group), strict=True)),
    )
