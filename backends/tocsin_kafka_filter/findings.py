"""Where workers and topics of an environment differ from what was released."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing

from tocsin.backend.fleet import ISOLATED, Finding, StreamPlace
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.model.entry import Entry
from tocsin_kafka_filter.members import Members
from tocsin_kafka_filter.progress import Progress
from tocsin_runtime.control.table import ReleaseTable
from tocsin_runtime.control.topic import RELEASE, topic_name
from tocsin_runtime.worker import topics
from tocsin_runtime.worker.names import SINKS, group_of

_SILENT_MS = 60_000
"""Clocks of machines differ, by less than this."""


def findings(place: StreamPlace, entries: Sequence[Entry], read: frozenset[str]) -> list[Finding]:
    """All differences. `read`: the topics of the released detections."""
    known = topics.partitions(place.kafka)
    found = [*_sinks(place, known), *_sources(sorted(read - known.keys()))]
    if not entries or topic_name(place.project, place.environment) not in known:
        return found
    places = [(name, number) for name in read & known.keys() for number in range(known[name])]
    progress = Progress(place.kafka, group_of(place.project, place.environment), places)
    with closing(Members(place.kafka, place.project, place.environment)) as members:
        return [*found, *_workers(members, entries, place, progress)]


def _sinks(place: StreamPlace, known: Collection[str]) -> Iterator[Finding]:
    for name in SINKS.values():
        if name not in known:
            yield Finding("sink-missing", name, "the topic does not exist", "apply makes it")
    there = [name for name in SINKS.values() if name in known]
    for name, settings in topics.settings_of(place.kafka, there).items():
        policy = settings.get("cleanup.policy", "delete")
        if "compact" in policy:
            yield Finding(
                "sink-altered",
                name,
                f"its cleanup.policy is {policy}: results get lost",
                "apply sets it back",
            )


def _sources(missing: Sequence[str]) -> Iterator[Finding]:
    for name in missing:
        yield Finding(
            "topic-missing",
            name,
            "detections read it, and it does not exist",
            "make it, or set `partitions` of the environment and apply",
        )


def _workers(
    members: Members, entries: Sequence[Entry], place: StreamPlace, progress: Progress
) -> Iterator[Finding]:
    seen = members.look()
    if not seen and (behind := progress.behind()):
        yield Finding(
            "no-worker",
            group_of(place.project, place.environment),
            f"nobody reads; {behind} events wait",
            f"start `tocsin worker --env {place.environment}`",
        )
    record = members.records.get(RELEASE, b"")
    release = _release(record)
    keys = {entry.id: entry.key for entry in entries if not entry.isolated}
    isolated: dict[str, str] = {}
    for each in seen:
        report = members.told(each.name)
        cure = "look at its log, and start it again"
        if report is None or time.time_ns() // 1_000_000 - report["at"] > _SILENT_MS:
            yield Finding("worker-silent", each.name, "it is a member, and tells nothing", cure)
        elif report["error"]:
            yield Finding("worker-failing", each.name, report["error"], "apply mends what it lacks")
        elif report["seen"] != digest_bytes(record):
            told = f"it runs release {report['release']}, not {release}"
            yield Finding("worker-behind", each.name, told, cure)
        isolated |= dict(report["isolated"]) if report else {}
    for detection, reason in sorted(isolated.items()):
        if detection in keys:
            cure = "mend it; its failures are in tocsin.dead-letters"
            yield Finding(ISOLATED, keys[detection], reason, cure)


def _release(record: bytes) -> int:
    try:
        return ReleaseTable.decode(record).release
    except ConfigError:
        return 0
