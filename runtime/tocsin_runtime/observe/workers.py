"""The workers of a stream environment, which make all its alerts, and the topics they write to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

from tocsin.backend.registry import in_workers
from tocsin.backend.streaming import StreamEnvironment
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.ir.stream import LATE, WITHOUT_KEY, WITHOUT_TIME
from tocsin.pack import Part
from tocsin.plural import plural
from tocsin.release.entry import Entry
from tocsin.release.finding import ISOLATED, MUTED, Finding, Tally
from tocsin.release.keys import RELEASE
from tocsin.release.record import ReleaseRecord
from tocsin_kafka import topics
from tocsin_runtime.control.topic import topic_name
from tocsin_runtime.observe.members import Members, WorkerReport
from tocsin_runtime.observe.progress import WorkerProgress
from tocsin_runtime.stream.names import SINKS, found_topic, group_of

_SILENT_MS = 60_000
"""Clocks of machines differ, by less than this."""
_LAGGING_MS = 300_000
"""What workers that keep up have read long before."""
_REASONS = (WITHOUT_TIME, LATE, WITHOUT_KEY)
_POLICY = {"cleanup.policy": "delete"}
Looked = tuple[list[Finding], list[Tally]]


class Workers:
    """All workers of one environment, wherever they run."""

    def __init__(self, environment: StreamEnvironment) -> None:
        self._environment = environment
        self._group = group_of(environment.project, environment.environment)

    def ready(self) -> None:
        """Make the topics of results, or set them back: a compacted one would lose some."""
        there = topics.existing(self._environment.kafka)
        sinks = set(SINKS.values())
        topics.create(self._environment.kafka, sinks - there)
        topics.restore(self._environment.kafka, there & sinks, _POLICY)

    def missing(self) -> Finding | None:
        """A finding if no worker is running."""
        with closing(self._members()) as members:
            return None if members.names() else self._no_worker(0)

    def look(self, entries: Sequence[Entry], bodies: Mapping[str, bytes]) -> Looked:
        """Where workers and their topics differ from what these released detections need.

        And how many matches of all workers that run told no time, since each of them was started.
        """
        environment = self._environment
        known = topics.partitions(environment.kafka)
        findings = list(_sinks(environment.kafka, known))
        if topic_name(environment.project, environment.environment) not in known:
            return findings, []
        read = self._read(entries, bodies) & known.keys()
        places = [(name, number) for name in read for number in range(known[name])]
        progress = WorkerProgress(environment.kafka, self._group, places)
        with closing(self._members()) as members:
            told = {each.name: members.told(each.name) for each in members.look()}
            record = members.records.get(RELEASE, b"")
        findings += self._findings(told, record, entries, progress)
        return findings, list(_tallies(told.values(), entries))

    def _members(self) -> Members:
        environment = self._environment
        return Members(environment.kafka, environment.project, environment.environment)

    def _read(self, entries: Sequence[Entry], bodies: Mapping[str, bytes]) -> set[str]:
        """The topics that workers read; of damaged artifacts others tell."""
        found: set[str] = set()
        for entry in entries:
            if not in_workers(entry.backend):
                found.add(found_topic(self._environment.project, self._environment.environment))
                continue
            try:
                found.add(Part.decode(bodies[entry.artifact]).topic)
            except (KeyError, ValueError):
                continue
        return found

    def _findings(
        self,
        told: Mapping[str, WorkerReport | None],
        record: bytes,
        entries: Sequence[Entry],
        progress: WorkerProgress,
    ) -> Iterator[Finding]:
        unread = progress.unread()
        if not told:
            yield self._no_worker(sum(unread.values()))
        elif since := _long_since(progress.oldest(unread)):
            events = sum(unread.values())
            waits = f"{plural(events, 'event')} unread, the oldest since {since}"
            cure = "check the logs of the workers, or start more workers"
            yield Finding("worker-lagging", self._group, waits, cure, by_hand=True)
        isolated: dict[str, str] = {}
        for name, report in told.items():
            yield from _reported(name, report, record)
            isolated |= report.isolated if report else {}
        keys = {entry.id: entry.key for entry in entries if not entry.isolated}
        for detection, reason in sorted(isolated.items()):
            if detection in keys:
                cure = "fix the detection; its failures are in tocsin.dead-letters"
                yield Finding(ISOLATED, keys[detection], reason, cure)

    def _no_worker(self, unread: int) -> Finding:
        told = f"no worker is running, so nothing raises alerts; {plural(unread, 'event')} unread"
        cure = f"start `tocsin worker --env {self._environment.environment}`"
        return Finding("no-worker", self._group, told, cure, by_hand=True)


def _tallies(reports: Iterable[WorkerReport | None], entries: Sequence[Entry]) -> Iterator[Tally]:
    counted: Counter[tuple[str, str]] = Counter()
    for report in filter(None, reports):
        counted.update({(who, WITHOUT_TIME): n for who, n in report.without_time.items()})
        counted.update({(who, MUTED): n for who, n in report.muted.items()})
        for who, by_reason in report.left_out.items():
            counted.update({(who, why): n for why, n in by_reason.items() if why in _REASONS})
    keys = {entry.id: entry.key for entry in entries}
    for (who, why), events in sorted((+counted).items()):
        if who in keys:
            yield Tally(keys[who], why, events)


def _sinks(servers: str, known: Collection[str]) -> Iterator[Finding]:
    for name in SINKS.values():
        if name not in known:
            yield Finding("sink-missing", name, "the topic does not exist", "apply creates it")
    there = [name for name in SINKS.values() if name in known]
    for name, settings in topics.settings_of(servers, there).items():
        policy = settings.get("cleanup.policy", "delete")
        if "compact" in policy:
            told = f"its cleanup.policy is {policy}: results are lost"
            yield Finding("sink-altered", name, told, "apply resets it")


def _reported(name: str, report: WorkerReport | None, record: bytes) -> Iterator[Finding]:
    """What is wrong with a worker, by its last report; `record` is that of the release."""
    cure = "check its log, and restart it"
    if report is None or _now() - report.at > _SILENT_MS:
        told = f"in the consumer group, but no report for {_SILENT_MS // 1000} s"
        yield Finding("worker-silent", name, told, cure, by_hand=True)
    elif report.error:
        yield Finding("worker-failing", name, report.error, "apply repairs what it lacks")
    elif report.seen != digest_bytes(record):
        told = f"it runs release {report.release}, not {_release(record)}"
        yield Finding("worker-behind", name, told, cure, by_hand=True)


def _long_since(written: int | None) -> str:
    """That moment, if it is too long ago; else empty."""
    if written is None or _now() - written < _LAGGING_MS:
        return ""
    return datetime.fromtimestamp(written / 1000, UTC).isoformat(timespec="seconds")


def _now() -> int:
    return time.time_ns() // 1_000_000


def _release(record: bytes) -> int:
    try:
        return ReleaseRecord.decode(record).release
    except ConfigError:
        return 0
