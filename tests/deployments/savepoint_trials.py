"""Restores edited detections from savepoints of what they were.

The old versions read the first half of a stream and are stopped with a savepoint; then the rest of
the stream comes, and each new version is restored from its old one's savepoint, with the ids that
it adopts. Edits of the same version share its savepoint.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition

from deployments.correlation_edits import MOVED, Edit
from deployments.edit_events import Found, stream
from tocsin.errors import EngineError
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.bounded.run import SETTINGS
from tocsin_flink_sql.bounded.servers import servers_of
from tocsin_flink_sql.bounded.topics import produce, records
from tocsin_flink_sql.client.http import Rest
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_flink_sql.matcher.jar import functions_jar
from tocsin_flink_sql.sql.functions import FUNCTIONS
from tocsin_flink_sql.state.artifact import CorrelationArtifact
from tocsin_flink_sql.state.compiled_plan import CompiledPlan, compile_plan, execute_plan
from tocsin_flink_sql.state.operator_mapping import adopt
from tocsin_kafka.topics import temporary

TOGETHER = 14
"""Edits that are tried on the same topics."""
AT_A_TIME = 4
"""Jobs that run side by side: a cluster has eight task slots."""
SECONDS = 120.0
SEED, OTHER = 20_261_128, 7
STREAMS = {"left": stream(SEED), "right": stream(SEED), MOVED: stream(OTHER)}
"""What is in each topic; both sources of the edits have the same events."""

J = TypeVar("J")
T = TypeVar("T")


@dataclass
class Trial:
    """An edit on its way; `cause` is why the new version does not start, `got` what it finds."""

    edit: Edit
    plans: tuple[CompiledPlan, CompiledPlan]
    cause: str = ""
    got: list[Found] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Started:
    """A job; its name is that of its consumer group and of the topic that it writes to."""

    name: str
    job: str
    query: CorrelationQuery


def tried(chosen: Sequence[Edit], endpoints: EngineAddresses, folder: Path) -> Iterator[Trial]:
    """Each edit, done; `folder` is shared with Flink."""
    plans: dict[str, CompiledPlan] = {}
    for start in range(0, len(chosen), TOGETHER):
        # The gateway forgets sessions that nobody uses for ten minutes.
        with ExitStack() as stack:
            planner = Planner(endpoints, folder, stack, plans)
            yield from _together(chosen[start : start + TOGETHER], planner)


def _together(chosen: Sequence[Edit], planner: Planner) -> Iterator[Trial]:
    with swapping(planner, len(chosen)) as swap:
        savepoints = swap.savepoints(chosen)
        swap.go_on()
        yield from swap.restored(chosen, savepoints)


class Planner:
    """Compiles versions; sessions are kept, and plans, of which topics are no part."""

    def __init__(
        self,
        endpoints: EngineAddresses,
        folder: Path,
        stack: ExitStack,
        plans: dict[str, CompiledPlan],
    ) -> None:
        self.kafka, self.gateway, self.rest = servers_of(endpoints)
        self.folder, self.stack = folder, stack
        self.sessions: dict[str, Gateway] = {}
        self.plans = plans
        file = folder / FUNCTIONS
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(functions_jar())
        self.jar = file.absolute().as_uri()

    def compiled(self, query: CorrelationQuery) -> CompiledPlan:
        """The plan of a version."""
        if key(query) not in self.plans:
            made = CorrelationArtifact.of(query)
            self.plans[key(query)] = self.plan(made, made.insert)
        return self.plans[key(query)]

    def plan(self, made: CorrelationArtifact, insert: str) -> CompiledPlan:
        """The plan of an INSERT on the tables of a version."""
        tables = made.tables(self.kafka, self.jar, {"scan.startup.mode": "earliest-offset"}, {})
        return compile_plan(self.session(tables), insert, self.folder)

    def session(self, tables: Sequence[str]) -> Gateway:
        """A session with these tables."""
        name = "\n".join(tables)
        if name not in self.sessions:
            opened = self.stack.enter_context(Gateway(self.gateway, settings=SETTINGS))
            for text in tables:
                opened.execute(text)
            self.sessions[name] = opened
        return self.sessions[name]


@contextmanager
def swapping(planner: Planner, edits: int) -> Iterator[Swap]:
    """Topics for so many edits, with the first half of the stream; no job is left at the end."""
    with ExitStack() as stack:
        swap = Swap(planner, stack)
        stack.enter_context(temporary(planner.kafka, swap.topics(edits)))
        stack.callback(swap.end)
        for name, told in STREAMS.items():
            produce(planner.kafka, f"{swap.run}-{name}", told.first)
        yield swap


class Swap:
    """Edits that are tried on the same topics."""

    def __init__(self, planner: Planner, stack: ExitStack) -> None:
        self.kafka, self.gateway, self.folder = planner.kafka, planner.gateway, planner.folder
        self.jar = planner.jar
        self.cluster = stack.enter_context(ClusterRest(planner.rest))
        self.rest = stack.enter_context(Rest(planner.rest, "Flink cluster"))
        self.run = f"edits-{uuid4().hex[:12]}"
        self.compiled = planner.compiled
        self.jobs: list[str] = []

    def end(self) -> None:
        """Leave no job behind."""
        for job in self.jobs:
            self.cluster.cancel(job)

    def go_on(self) -> None:
        """The rest of the stream."""
        for name, told in STREAMS.items():
            produce(self.kafka, f"{self.run}-{name}", told.second)

    def topics(self, edits: int) -> list[str]:
        """Names of this run's topics."""
        found = [f"{self.run}-{side}-{n}" for side in ("old", "new") for n in range(edits)]
        return [*(f"{self.run}-{name}" for name in STREAMS), *found]

    def savepoints(self, chosen: Sequence[Edit]) -> dict[str, str]:
        """Of every old version that has read the first half, by the insert that it is."""
        olds = {key(edit.before): edit.before for edit in chosen}

        def begin(number: int, query: CorrelationQuery) -> Started:
            return self.start(f"{self.run}-old-{number}", query, self.compiled(query), "")

        def end(started: Started) -> tuple[str, str]:
            self.read(started, whole=False)
            return key(started.query), self.stopped(started.job, drain=False)

        jobs = (begin(number, query) for number, query in enumerate(olds.values()))
        return dict(_some_at_a_time(jobs, end))

    def restored(self, chosen: Sequence[Edit], savepoints: dict[str, str]) -> Iterator[Trial]:
        """The new version of each edit, once it has read all there is."""

        def begin(number: int, edit: Edit) -> tuple[Trial, Started | None]:
            old, new = self.compiled(edit.before), self.compiled(edit.after)
            trial, name = Trial(edit, (old, new)), f"{self.run}-new-{number}"
            try:
                state = savepoints[key(edit.before)]
                return trial, self.start(name, edit.after, adopt(new, old), state)
            except EngineError as error:
                trial.cause = error.message
                return trial, None

        jobs = (begin(number, edit) for number, edit in enumerate(chosen))
        return _some_at_a_time(jobs, lambda pair: self.finished(*pair))

    def finished(self, trial: Trial, started: Started | None) -> Trial:
        """What the new version finds until it has read everything and told all that it holds."""
        if started is None:
            return trial
        try:
            self.read(started, whole=True)
            self.stopped(started.job, drain=True)
            rows = [row for row in records(self.kafka, started.name) if not row["reason"]]
            trial.got = sorted((r["source"], r["offset"], tuple(r["group"] or ())) for r in rows)
        except EngineError as error:
            trial.cause = self.cluster.root_exception(started.job) or error.message
        finally:
            self.cluster.cancel(started.job)
        return trial

    # --- one version ------------------------------------------------------------------------------

    def start(
        self, name: str, query: CorrelationQuery, plan: CompiledPlan, savepoint: str
    ) -> Started:
        """Run a plan, from the savepoint if there is one."""
        state = {"execution.state-recovery.path": savepoint} if savepoint else {}
        reading = {"scan.startup.mode": "earliest-offset", "properties.group.id": name}
        made = CorrelationArtifact.of(_placed(query, self.run))
        settings = {**SETTINGS, "pipeline.name": name, **state}
        with Gateway(self.gateway, settings=settings) as session:
            for text in made.tables(self.kafka, self.jar, reading, {"topic": name}):
                session.execute(text)
            self.jobs.append(execute_plan(session, plan, self.folder))
            return Started(name, self.jobs[-1], query)

    def read(self, started: Started, *, whole: bool) -> None:
        """Wait until a job has read what there is of each of its topics.

        Flink commits the offsets of a checkpoint that is complete.
        """
        consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": started.name})
        try:
            for name in {source.topic or source.name for source in started.query.sources}:
                told = STREAMS[name]
                count = len(told.events if whole else told.first)
                place = [TopicPartition(f"{self.run}-{name}", 0)]
                while consumer.committed(place)[0].offset < count:
                    self.cluster.wait_for(started.job, ("RUNNING",), SECONDS)
                    time.sleep(0.2)
        finally:
            consumer.close()

    def stopped(self, job: str, *, drain: bool) -> str:
        """Stop a job; where its savepoint is. A drained one tells all that it holds."""
        body = {"targetDirectory": (self.folder / "savepoints").as_uri(), "drain": drain}
        request = self.rest.call("POST", f"/jobs/{job}/stop", body)["request-id"]
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            told = self.rest.call("GET", f"/jobs/{job}/savepoints/{request}")
            if told["status"]["id"] == "COMPLETED":
                return str(told["operation"]["location"])
            time.sleep(0.1)
        raise EngineError(f"no savepoint of {job}")


def key(query: CorrelationQuery) -> str:
    """What makes a version, in the eyes of its plan and of its state."""
    return CorrelationArtifact.of(query).encode().decode()


def _placed(query: Resolved, run: str) -> Any:
    """The same on the topics of a run."""
    if isinstance(query, Query):
        topic = f"{run}-{query.source.topic or query.source.name}"
        return replace(query, source=replace(query.source, topic=topic))
    return replace(query, bases=tuple(_placed(base, run) for base in query.bases))


def _some_at_a_time(jobs: Iterable[J], end: Callable[[J], T]) -> Iterator[T]:
    """Start jobs, and end the oldest when there are many."""
    running: deque[J] = deque()
    for job in jobs:
        running.append(job)
        if len(running) == AT_A_TIME:
            yield end(running.popleft())
    while running:
        yield end(running.popleft())
