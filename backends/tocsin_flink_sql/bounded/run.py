"""Bounded runs on a real cluster: events in, matches out.

Jobs of the same sources share topics and one run of each statement; an event of a job is known
by its offset in its topic, so that a hundred small cases cost as much as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import uuid4

from tocsin.canonical import digest
from tocsin.model.artifact import Artifact, Job, Match
from tocsin.model.source import Source
from tocsin_flink_sql.bounded.topics import produce, records
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_flink_sql.matcher.jar import functions
from tocsin_flink_sql.sql.tables import TopicLocation, matches_table, source_table, view
from tocsin_kafka.topics import temporary

CHUNK = 8
"""Statements of one Flink job: the planner's time grows faster than their number."""
SHARE = 12 * CHUNK
"""Statements of one session."""
SESSIONS = 3
"""Sessions, and so jobs, at a time: a cluster fails a job for which it has no task slot."""

SETTINGS = {
    "execution.runtime-mode": "streaming",
    "parallelism.default": "1",
    "table.local-time-zone": "UTC",
    # A bounded job would wait for one more checkpoint at its end.
    "execution.checkpointing.checkpoints-after-tasks-finish": "false",
}


@dataclass(frozen=True, slots=True)
class SharedTopics:
    """Jobs that share topics, one for each source; `starts` are offsets of their first events."""

    sources: tuple[Source, ...]
    topic: str
    members: tuple[int, ...]
    starts: tuple[int, ...]

    @property
    def matches(self) -> str:
        """Topic of the group's matches."""
        return f"{self.topic}-matches"

    @property
    def topics(self) -> dict[str, Source]:
        """The sources by their topics."""
        return {f"{self.topic}-{number}": source for number, source in enumerate(self.sources)}


def run_jobs(jobs: Sequence[Job], kafka: str, gateway: str, rest: str) -> list[list[Match]]:
    """The matches of each job, sorted."""
    groups = _groups(jobs)
    result: list[list[Match]] = [[] for _ in jobs]
    with temporary(kafka, [name for group in groups for name in (*group.topics, group.matches)]):
        for group in groups:
            for topic in group.topics:
                produce(kafka, topic, chain.from_iterable(jobs[n].events for n in group.members))
        with ThreadPoolExecutor(SESSIONS) as pool, ClusterRest(rest) as cluster:
            shares = [(group, share) for group in groups for share in _shares(group, jobs)]
            for _ in pool.map(lambda s: _ran(s[0], s[1], kafka, gateway, cluster), shares):
                pass
        for group in groups:
            for number, found in _assigned(group, jobs, records(kafka, group.matches)):
                result[number] = found
    return result


def _groups(jobs: Sequence[Job]) -> list[SharedTopics]:
    """A job with a correlation is alone: it must not see the events of others."""
    members: dict[str, list[int]] = {}
    for number, job in enumerate(jobs):
        if job.artifacts and job.events:
            stateful = any(artifact.stateful for artifact in job.artifacts)
            shared = [digest(source) for source in job.sources]
            members.setdefault(str(number) if stateful else " ".join(shared), []).append(number)
    run = f"tocsin-run-{uuid4().hex}"
    return [_group(f"{run}-{n}", jobs, found) for n, found in enumerate(members.values())]


def _group(topic: str, jobs: Sequence[Job], members: Sequence[int]) -> SharedTopics:
    starts = [0]
    for number in members:
        starts.append(starts[-1] + len(jobs[number].events))
    return SharedTopics(jobs[members[0]].sources, topic, tuple(members), tuple(starts[:-1]))


def _shares(group: SharedTopics, jobs: Sequence[Job]) -> Iterator[Sequence[Artifact]]:
    """The group's statements, for some sessions."""
    artifacts = _distinct(chain.from_iterable(jobs[number].artifacts for number in group.members))
    for at in range(0, len(artifacts), SHARE):
        yield artifacts[at : at + SHARE]


def _ran(
    group: SharedTopics,
    artifacts: Sequence[Artifact],
    kafka: str,
    gateway: str,
    cluster: ClusterRest,
) -> None:
    """Run statements of a group, a job after the other."""
    settings = {**SETTINGS, "pipeline.name": group.topic}
    with functions() as defined, Gateway(gateway, settings=settings) as session:
        for statement in defined:
            session.execute(statement)
        for topic, source in group.topics.items():
            session.execute(source_table(source, TopicLocation(kafka, topic, bounded=True)))
            session.execute(view(source))
        session.execute(matches_table(TopicLocation(kafka, group.matches)))
        for at in range(0, len(artifacts), CHUNK):
            cluster.wait_finished(session.submit_job(statement_set(artifacts[at : at + CHUNK])))


def _distinct(artifacts: Iterable[Artifact]) -> list[Artifact]:
    return list({artifact.digest: artifact for artifact in artifacts}.values())


def statement_set(artifacts: Iterable[Artifact]) -> str:
    """The deployed statements as they are, run as one job."""
    body = "".join(f"{artifact.body.decode().strip()};\n" for artifact in artifacts)
    return f"EXECUTE STATEMENT SET\nBEGIN\n{body}END"


def _assigned(
    group: SharedTopics, jobs: Sequence[Job], found: Iterable[dict[str, Any]]
) -> Iterator[tuple[int, list[Match]]]:
    """The group's matches by job: a record names the event by its offset."""
    rows: dict[tuple[str, str], set[tuple[int, tuple[str, ...], str]]] = {}
    for row in found:
        event = (row["offset"], tuple(row["group"] or ()), row["source"])
        rows.setdefault((row["detection_id"], row["logic"]), set()).add(event)
    for number, start in zip(group.members, group.starts, strict=True):
        job = jobs[number]
        own = range(start, start + len(job.events))
        yield (
            number,
            sorted(
                Match(artifact.detection, offset - start, keys)
                for artifact in job.artifacts
                for offset, keys, _ in rows.get((artifact.detection, artifact.logic), ())
                if offset in own
            ),
        )
