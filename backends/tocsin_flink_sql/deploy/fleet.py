"""The jobs of one environment on Flink: how they get from one release to the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from tocsin.backend.streaming import Publisher, Rollout, RolloutStep, StreamEnvironment
from tocsin.errors import EngineError
from tocsin.release.entry import Entry
from tocsin.release.finding import Finding
from tocsin.release.state_decision import StateDecision
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.deploy.blue_green import BlueGreen, LogicChange, Transition
from tocsin_flink_sql.deploy.drift import Drift
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.generations import Generations, PipelineStep
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, job_specs
from tocsin_flink_sql.deploy.rollout_plan import JobStep, StepKind, plain_cutovers, plan_rollout
from tocsin_flink_sql.deploy.savepoint_upgrade import Pipelines, hand_on
from tocsin_flink_sql.deploy.topics import Channels
from tocsin_flink_sql.deploy.watermarks import Watermarks
from tocsin_flink_sql.state.artifact import CorrelationArtifact
from tocsin_flink_sql.state.compatibility import verdict
from tocsin_flink_sql.state.compiled_plan import CompiledPlan
from tocsin_flink_sql.state.storage import Generation

T = TypeVar("T")

AT_A_TIME = 4
"""Pipelines that are worked on side by side."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What works on the jobs, while a cluster is connected."""

    cluster: ClusterRest
    channels: Channels
    pipelines: Pipelines
    blue_green: BlueGreen


class FlinkFleet:
    """A `tocsin.backend.streaming.Fleet`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._generations = Generations(site)

    @classmethod
    def at(cls, environment: StreamEnvironment) -> FlinkFleet:
        """The jobs of a stream environment. Raises ConfigError where a setting is missing."""
        return cls(Site.of(environment))

    # --- looking ----------------------------------------------------------------------------------

    def findings(self, entries: Sequence[Entry], bodies: Mapping[str, bytes]) -> list[Finding]:
        """Where what runs differs from these released detections."""
        specs = job_specs(entries, bodies)
        keys = {entry.id: entry.key for entry in entries}
        with self._tools() as tools:
            drift = Drift(self._site, tools.cluster, tools.channels, self._generations.current)
            return drift.findings(specs, keys)

    def judge(self, before: bytes, after: bytes, wish: str) -> StateDecision:
        """The fate of a correlation's state. Raises EngineError if Flink refuses a version."""
        folder = self._site.storage.root / "plans"

        def plans() -> tuple[CompiledPlan, CompiledPlan]:
            with self._tools() as tools:
                old, new = (
                    tools.pipelines.starter.compiled(_judged(b), folder) for b in (before, after)
                )
            return old, new

        try:
            return verdict(before, after, wish, plans)
        except ValueError as error:
            raise EngineError(str(error), hint="plan again") from error

    def plan(self, rollout: Rollout) -> list[RolloutStep]:
        """What happens to each job."""
        return [
            RolloutStep(step.pipeline, step.kind.value, step.why) for step in self._plan(rollout)
        ]

    # --- moving -----------------------------------------------------------------------------------

    def stage(self, rollout: Rollout, publisher: Publisher) -> None:
        """Check all that comes, start new generations beside the old, and publish the cutovers."""
        with self._tools() as tools:
            self._make_topics(tools.channels, rollout)
            self._site.environment.point("topics-made")
            plan = self._plan(rollout)
            steps = self._generations.of(plan, rollout.release)
            _each(lambda step: self._check(step, tools.pipelines), [s for s in steps if not s.same])
            for step in (step for step in steps if step.same):
                tools.pipelines.starter.restore(step.after, step.generation)
            self._check_task_slots(tools, plan, steps)
            self._site.environment.point("checked")
            self._begin(tools, _transitions(steps, rollout), publisher)
            if cutovers := list(plain_cutovers(plan, rollout)):
                publisher.cut_over(cutovers)
            self._site.environment.point("cuts-published")

    def switch(self, rollout: Rollout, publisher: Publisher) -> None:
        """Stop what is removed, swap what changes, start what is new. Raises UnhealthyError."""
        del publisher  # the cutovers stand since stage
        with self._tools() as tools:
            plan = self._plan(rollout)
            steps = self._generations.of(plan, rollout.release)
            gone = [step for step in plan if step.kind is StepKind.STOP]
            _each(tools.pipelines.remove, [step.pipeline for step in gone])
            for step in gone:
                if step.before and (generation := self._generations.current(step.before)):
                    hand_on(generation, step.before.topics[0], _successors(steps, step.pipeline))
            self._site.environment.point("removed")
            _each(tools.blue_green.begin, [step for step in steps if step.blue_green])
            plain = [step for step in steps if not step.blue_green]
            _each(lambda s: _swapped(s, tools.pipelines, steps), [s for s in plain if s.before])
            _each(
                tools.pipelines.remove,
                [step.pipeline for step in plan if step.kind is StepKind.MERGE],
            )
            _each(lambda s: _swapped(s, tools.pipelines, steps), [s for s in plain if not s.before])
            self._site.environment.point("swapped")

    def settle(self, rollout: Rollout, publisher: Publisher) -> None:
        """End old generations, and delete what is not needed."""
        with self._tools() as tools:
            steps = self._generations.of(self._plan(rollout), rollout.release)
            tools.blue_green.finish(_transitions(steps, rollout), publisher)
            self._end_cuts(tools, steps, rollout, publisher)
            self._sweep(tools, {step.after.pipeline: step.generation for step in steps})
            jars = {step.after.jar for step in steps}
            self._site.storage.keep_jars(map(self._site.storage.jar_file, jars))

    def retreat(self, rollout: Rollout, publisher: Publisher) -> None:
        """Let the old jobs run again, from the newest snapshots of their generations.

        Where new ones are in charge from a cutover on, they are until another. Other cutovers stay:
        both sides may have found something.
        """
        with self._tools() as tools:
            if ways := list(self._generations.back(rollout)):
                transitions = _transitions(ways, rollout.back)
                self._begin(tools, transitions, publisher)
                tools.blue_green.finish(transitions, publisher)
                self._end_cuts(tools, ways, rollout.back, publisher)
            before = job_specs(rollout.before, rollout.bodies)
            begun = self._generations
            kept = {s: begun.current_or_new(spec, rollout.release) for s, spec in before.items()}
            _each(
                lambda pipeline: tools.pipelines.install(before[pipeline], kept[pipeline]),
                sorted(kept),
            )
            self._site.environment.point("old-back")
            self._sweep(tools, kept)

    # --- parts ------------------------------------------------------------------------------------

    def _plan(self, rollout: Rollout) -> list[JobStep]:
        return plan_rollout(rollout, lambda before, after: self.judge(before, after, ""))

    def _begin(self, tools: Tools, transitions: Sequence[Transition], publisher: Publisher) -> None:
        """Start the new beside the old, and publish their cutovers."""
        _each(tools.blue_green.begin, [transition.step for transition in transitions])
        self._site.environment.point("greens-begun")
        tools.blue_green.cut_over(transitions, publisher)

    def _end_cuts(
        self, tools: Tools, steps: Sequence[PipelineStep], rollout: Rollout, publisher: Publisher
    ) -> None:
        """Publish where matches of the old end: it may come back, and read again."""
        changes = _changes(rollout)
        changed = [s for s in steps if s.after.pipeline in changes and not s.same]
        if over := [Transition(step, changes[step.after.pipeline]) for step in changed]:
            ends = tools.channels.written(self._site.topics.found)
            publisher.cut_over([transition.cutover(ends) for transition in over])
        self._site.environment.point("cuts-ended")

    def _make_topics(self, channels: Channels, rollout: Rollout) -> None:
        """Those of sources only where the environment says how many partitions they get."""
        specs = job_specs(rollout.after, rollout.bodies).values()
        read = {topic for spec in specs for topic in spec.topics}
        if self._site.environment.partitions:
            channels.make(read, self._site.environment.partitions)
        elif missing := channels.missing(read):
            raise EngineError(
                f"there is no topic {missing[0]} on {self._site.environment.kafka}",
                hint="create it, or set `partitions` of the environment and apply",
            )
        to = self._site.topics
        channels.make((to.found, to.refused), self._site.environment.partitions)
        channels.restore((to.found, to.refused))

    def _check(self, step: PipelineStep, pipelines: Pipelines) -> None:
        """Raise EngineError for a job that Flink would refuse."""
        match step.after, step.before:
            case CorrelationJob() as after, CorrelationJob() as before if not step.blue_green:
                pipelines.starter.prepare(after, step.generation, before)
            case after, _:
                pipelines.starter.check(after, step.generation)

    def _check_task_slots(
        self, tools: Tools, plan: Sequence[JobStep], steps: Sequence[PipelineStep]
    ) -> None:
        new = [s for s in steps if s.before is None or s.blue_green]
        each = self._site.environment.parallelism
        needed = sum(not tools.pipelines.living_named(s.after) for s in new) * each
        given = sum(step.after is None for step in plan) * each
        # A task manager that has just been restarted takes a moment to come.
        deadline = time.monotonic() + self._site.timing.healthy
        while needed > (free := tools.cluster.free_task_slots() + given):
            if time.monotonic() < deadline:
                time.sleep(1)
                continue
            raise EngineError(
                f"Flink has {free} free task slots, {needed} are needed",
                hint="add task managers, or task slots to them (taskmanager.numberOfTaskSlots)",
            )

    def _sweep(self, tools: Tools, kept: Mapping[str, Generation]) -> None:
        """Stop the jobs of other pipelines, and delete all generations but these."""
        storage = self._site.storage
        named = {self._site.pipeline_of(job.name) for job in tools.cluster.seen() if not job.ended}
        for pipeline in sorted({of[0] for of in named if of} - set(kept)):
            tools.pipelines.remove(pipeline)
        for pipeline in storage.pipelines():
            for generation in storage.generations(pipeline):
                if generation != kept.get(pipeline):
                    storage.end(pipeline, generation)
        self._site.environment.point("swept")

    @contextmanager
    def _tools(self) -> Iterator[Tools]:
        channels = Channels(self._site.environment.kafka)
        with ClusterRest(self._site.environment.rest) as cluster:
            pipelines = Pipelines(self._site, cluster, channels)
            blue_green = BlueGreen(self._site, pipelines, Watermarks(cluster))
            yield Tools(cluster, channels, pipelines, blue_green)


def _swapped(step: PipelineStep, pipelines: Pipelines, steps: Sequence[PipelineStep]) -> None:
    if not (step.same and pipelines.runs(step.after)):
        old = (step.before, step.old) if step.before and step.old else None
        pipelines.swap(step.after, step.generation, old, _successors(steps, step.after.pipeline))


def _successors(steps: Sequence[PipelineStep], pipeline: str) -> list[Generation]:
    """Generations that begin where a pipeline stops."""
    return [step.generation for step in steps if step.parent == pipeline]


def _changes(rollout: Rollout) -> dict[str, LogicChange]:
    """The logic of correlations before and after, by pipeline."""
    before = {entry.id: entry.logic for entry in rollout.before}
    return {
        entry.key: LogicChange(entry.id, before[entry.id], entry.logic)
        for entry in rollout.after
        if entry.stateful and entry.id in before
    }


def _transitions(steps: Sequence[PipelineStep], rollout: Rollout) -> list[Transition]:
    """Those that have two generations beside each other."""
    changes = _changes(rollout)
    return [Transition(step, changes[step.after.pipeline]) for step in steps if step.blue_green]


def _judged(body: bytes) -> CorrelationJob:
    deployed = CorrelationArtifact.decode(body)
    return CorrelationJob("", deployed.detection, body, deployed)


def _each(work: Callable[[T], object], things: Sequence[T]) -> None:
    """Do the work on all, some at a time; then raise the first error there was."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        errors = [future.exception() for future in [pool.submit(work, each) for each in things]]
    for error in errors:
        if error is not None:
            raise error
