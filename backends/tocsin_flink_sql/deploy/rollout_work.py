"""Carries out the steps of a rollout, one function each.

Each function checks first what is there, so that a step may be repeated after a kill at any point.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from tocsin.backend.streaming import Publisher, Rollout
from tocsin.errors import EngineError
from tocsin.plural import plural
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.deploy.blue_green import BlueGreen, Transition
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.generations import Generations, PipelineChange
from tocsin_flink_sql.deploy.job_specs import CorrelationJob
from tocsin_flink_sql.deploy.rollout_plan import JobChange, logic_changes, plain_cutovers
from tocsin_flink_sql.deploy.rollout_steps import JobAction, jobs_at_once, topics_read
from tocsin_flink_sql.deploy.savepoint_upgrade import Pipelines, hand_on
from tocsin_flink_sql.deploy.topics import Channels
from tocsin_flink_sql.deploy.watermarks import Watermarks
from tocsin_flink_sql.state.storage import Generation

T = TypeVar("T")
AT_A_TIME = 4
"""Pipelines that are worked on in parallel."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The clients that work on the jobs of a site."""

    site: Site
    cluster: ClusterRest
    channels: Channels
    pipelines: Pipelines
    generations: Generations

    @classmethod
    @contextmanager
    def of(cls, site: Site, channels: Channels) -> Iterator[Tools]:
        """Connect to the cluster."""
        with ClusterRest(site.environment.rest) as cluster:
            yield cls(
                site, cluster, channels, Pipelines(site, cluster, channels), Generations(site)
            )


@dataclass(frozen=True, slots=True)
class RolloutWork:
    """A rollout, the changes that it makes, and the clients that make them."""

    tools: Tools
    rollout: Rollout
    changes: Sequence[JobChange]
    publisher: Publisher

    @property
    def blue_green(self) -> BlueGreen:
        """The client for two generations that run beside each other."""
        tools = self.tools
        return BlueGreen(tools.site, tools.pipelines, Watermarks(tools.cluster))

    def placed(self, changes: Iterable[JobChange]) -> list[PipelineChange]:
        """Changes with a new or kept job, with their generations."""
        return [self.tools.generations.of(each, self.rollout.release) for each in changes]

    def transitions(self, changes: Iterable[JobChange]) -> list[Transition]:
        """Changes of correlations, with the change of their logic."""
        other = logic_changes(self.rollout)
        return [Transition(each, other[each.after.pipeline]) for each in self.placed(changes)]

    def successors(self, pipeline: str) -> list[Generation]:
        """The generations that start where a pipeline stops."""
        begun = [change for change in self.changes if change.parent == pipeline]
        return [each.generation for each in self.placed(begun)]


Changes = Sequence[JobChange]


def look_for_task_slots(work: RolloutWork, _: Changes) -> None:
    """Raise EngineError if the cluster has too few; wait for those of a restarting cluster."""
    tools, site = work.tools, work.tools.site
    names = {job.name for job in tools.cluster.seen() if not job.ended}
    living = {of[0] for of in map(site.pipeline_of, names) if of}
    there = {c.pipeline for c in work.changes if c.after and site.name(c.after) in names}
    needed = jobs_at_once(work.changes, living, there) * site.environment.parallelism
    deadline = time.monotonic() + site.timing.healthy
    while needed > tools.cluster.free_task_slots():
        if tools.cluster.restarts() and time.monotonic() < deadline:
            time.sleep(1)
        elif needed > (free := tools.cluster.free_task_slots()):  # it may be back by now
            raise EngineError(
                f"the rollout needs {plural(needed, 'free task slot')}, Flink has {free}",
                hint="add task managers, or task slots to them (taskmanager.numberOfTaskSlots)",
            )


def make_topics(work: RolloutWork, changes: Changes) -> None:
    """Create missing topics; those of sources only if the environment sets `partitions`."""
    environment, channels = work.tools.site.environment, work.tools.channels
    read = topics_read(changes)
    if environment.partitions:
        channels.make(read, environment.partitions)
    elif missing := channels.missing(read):
        raise EngineError(
            f"there is no topic {missing[0]} on {environment.kafka}",
            hint="create it, or set `partitions` of the environment and apply",
        )
    to = work.tools.site.topics
    channels.make((to.found, to.refused), environment.partitions)
    channels.restore((to.found, to.refused))


def begin_generations(work: RolloutWork, changes: Changes) -> None:
    """Create the generations of jobs that do not continue the state of another."""
    for change in changes:
        work.tools.generations.begin(change, work.rollout.release)


def check(work: RolloutWork, changes: Changes) -> None:
    """Raise EngineError for a job that Flink would refuse."""
    starter = work.tools.pipelines.starter

    def check_one(change: PipelineChange) -> None:
        match change.after, change.before:
            case CorrelationJob() as after, CorrelationJob() as before if not change.blue_green:
                starter.prepare(after, change.generation, before)
            case after, _:
                starter.check(after, change.generation)

    each_of(check_one, work.placed(changes))


def restore_files(work: RolloutWork, changes: Changes) -> None:
    """Restore the files that kept jobs need in order to restart."""
    for change in work.placed(changes):
        work.tools.pipelines.starter.restore(change.after, change.generation)


def start_beside(work: RolloutWork, changes: Changes) -> None:
    """Start the new job beside the old one; both must run."""
    each_of(work.blue_green.begin, work.placed(changes))


def cut_over(work: RolloutWork, changes: Changes) -> None:
    """Publish the event time from which matches of the new job count instead of the old one's."""
    work.blue_green.cut_over(work.transitions(changes), work.publisher)


def count_both(work: RolloutWork, _: Changes) -> None:
    """Publish the detections of which both versions count."""
    work.publisher.cut_over(list(plain_cutovers(work.changes, work.rollout)))


def stop(work: RolloutWork, changes: Changes) -> None:
    """Stop jobs, and pass their positions on to the jobs that take over their detections."""
    each_of(work.tools.pipelines.remove, [change.pipeline for change in changes])
    for change in changes:
        generation = work.tools.generations.current(change.before)
        if change.before and generation:
            hand_on(generation, change.before.topics[0], work.successors(change.pipeline))


def stop_merged(work: RolloutWork, changes: Changes) -> None:
    """Stop jobs whose detections run in other jobs by now."""
    each_of(work.tools.pipelines.remove, [change.pipeline for change in changes])


def start(work: RolloutWork, changes: Changes) -> None:
    """Start new jobs, or new versions in place of old ones. Raises UnhealthyError."""

    def swap(change: PipelineChange) -> None:
        old = (change.before, change.old) if change.before and change.old else None
        successors = work.successors(change.after.pipeline)
        work.tools.pipelines.swap(change.after, change.generation, old, successors)

    each_of(swap, work.placed(changes))


def see_it_run(work: RolloutWork, changes: Changes) -> None:
    """Start kept jobs that are not running."""
    runs = work.tools.pipelines.runs
    start(work, [change for change in changes if change.after and not runs(change.after)])


def end_old(work: RolloutWork, changes: Changes) -> None:
    """Run old generations up to the cutover, then delete them."""
    work.blue_green.finish(work.transitions(changes), work.publisher)


def end_cutovers(work: RolloutWork, changes: Changes) -> None:
    """Publish where matches of the old version end: it may come back and read events again."""
    other = logic_changes(work.rollout)
    transitions = work.transitions(change for change in changes if change.pipeline in other)
    ends = work.tools.channels.written(work.tools.site.topics.found)
    work.publisher.cut_over([transition.cutover(ends) for transition in transitions])


def start_old(work: RolloutWork, changes: Changes) -> None:
    """Run only the old jobs again, from the newest snapshots of their generations."""
    pipelines = work.tools.pipelines
    each_of(lambda old: pipelines.install(old.after, old.generation), work.placed(changes))


def sweep(work: RolloutWork, changes: Changes) -> None:
    """Stop jobs of other pipelines, and delete all generations not in use."""
    tools, site = work.tools, work.tools.site
    coming = work.placed(change for change in changes if change.after)
    kept = {change.after.pipeline: change.generation for change in coming}
    named = {site.pipeline_of(job.name) for job in tools.cluster.seen() if not job.ended}
    for pipeline in sorted({of[0] for of in named if of} - set(kept)):
        tools.pipelines.remove(pipeline)
    for pipeline in site.storage.pipelines():
        for generation in site.storage.generations(pipeline):
            if generation != kept.get(pipeline):
                site.storage.end(pipeline, generation)


def delete_jars(work: RolloutWork, changes: Changes) -> None:
    """Delete the jars that no job uses."""
    storage = work.tools.site.storage
    jars = {change.after.jar for change in changes if change.after}
    storage.keep_jars(map(storage.jar_file, jars))


FUNCTIONS: Mapping[JobAction, Callable[[RolloutWork, Changes], None]] = {
    JobAction.LOOK_FOR_TASK_SLOTS: look_for_task_slots,
    JobAction.MAKE_TOPICS: make_topics,
    JobAction.BEGIN_GENERATIONS: begin_generations,
    JobAction.CHECK: check,
    JobAction.RESTORE_FILES: restore_files,
    JobAction.START_BESIDE: start_beside,
    JobAction.CUT_OVER: cut_over,
    JobAction.COUNT_BOTH: count_both,
    JobAction.STOP: stop,
    JobAction.SEE_BOTH_RUN: start_beside,
    JobAction.UPGRADE: start,
    JobAction.SEE_IT_RUN: see_it_run,
    JobAction.STOP_MERGED: stop_merged,
    JobAction.START: start,
    JobAction.START_SPLIT: start,
    JobAction.END_OLD: end_old,
    JobAction.END_CUTOVERS: end_cutovers,
    JobAction.START_OLD: start_old,
    JobAction.SWEEP: sweep,
    JobAction.DELETE_JARS: delete_jars,
}


def carry_out(work: RolloutWork, action: JobAction, changes: Changes) -> None:
    """Carry out one step."""
    FUNCTIONS[action](work, changes)
    work.tools.site.environment.point(action.point)


def each_of(work: Callable[[T], object], things: Sequence[T]) -> None:
    """Do the work on all, some in parallel; then raise the first error, if any."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        errors = [future.exception() for future in [pool.submit(work, each) for each in things]]
    for error in errors:
        if error is not None:
            raise error
