"""The workers of an environment, moved from one release to the next: canary first, then all."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from functools import partial

from tocsin.backend.streaming import (
    Phase,
    Publisher,
    Rollout,
    RolloutStep,
    StreamEnvironment,
    UnhealthyError,
)
from tocsin.errors import EngineError
from tocsin.pack import Part
from tocsin.plural import plural
from tocsin.release.entry import Entry
from tocsin.release.finding import Finding
from tocsin.release.state_decision import StateDecision
from tocsin_kafka import topics
from tocsin_kafka.settings import Partition
from tocsin_runtime.observe.members import Members, MemberStatus
from tocsin_runtime.observe.progress import WorkerProgress
from tocsin_runtime.stream.names import group_of
from tocsin_runtime.worker.plans import canary_partitions

_LOOK_SECONDS = 0.2
_HINT = "`tocsin status` shows what runs; the previous release keeps running"


class WorkerFleet:
    """All workers of one environment, wherever they run."""

    def __init__(self, environment: StreamEnvironment) -> None:
        self._environment = environment

    # --- looking ----------------------------------------------------------------------------------

    def findings(self, entries: Sequence[Entry], bodies: Mapping[str, bytes]) -> list[Finding]:
        """Topics of events that are missing. Of the workers the environment itself tells."""
        missing = topics_of(entries, bodies) - topics.existing(self._environment.kafka)
        told, cure = (
            "detections read it, but it does not exist",
            "create it, or set `partitions` of the environment and apply",
        )
        return [Finding("topic-missing", name, told, cure) for name in sorted(missing)]

    def judge(self, before: bytes, after: bytes, wish: str) -> StateDecision:
        """Raises an error: a worker keeps no state between events."""
        del before, after, wish
        raise EngineError("kafka-filter runs no correlations: there is no state to judge")

    # --- moving -----------------------------------------------------------------------------------

    def steps(self, rollout: Rollout) -> list[RolloutStep]:
        """The steps of all workers; nothing changes for those that keep running the same."""
        read = topics_of(rollout.after, rollout.bodies)
        make, begin = partial(self._make_topics, read), partial(self._begin, rollout, read)
        names, stage = tuple(sorted(read)), Phase.STAGE
        topics_made = RolloutStep(stage, "create missing topics", names, make)
        steps = [topics_made] if self._environment.partitions else []
        steps.append(RolloutStep(stage, "publish where workers start reading", names, begin))
        if what_runs(rollout.before) != what_runs(rollout.after):
            new = plural(len(_changed(rollout)), "new detection")
            share = f"run {new} on {self._environment.canary:.0%} of the partitions"
            canary = partial(self._run_canary, rollout, read)
            steps.append(RolloutStep(stage, share, (), canary))
            steps.append(self._all_run(Phase.SWITCH, "the release"))
        return [*steps, _forget(read)]

    def retreat(self, rollout: Rollout) -> list[RolloutStep]:
        """Wait until all running workers are back at the previous release."""
        return [_forget(_still_read(rollout)), self._all_run(Phase.SETTLE, "the previous release")]

    def _all_run(self, phase: Phase, what: str) -> RolloutStep:
        return RolloutStep(phase, f"wait until all workers run {what}", (), self._wait_for_all)

    # --- steps ------------------------------------------------------------------------------------

    def _make_topics(self, read: frozenset[str], _: Publisher) -> None:
        """Make the topics of events that are missing."""
        kafka = self._environment.kafka
        topics.create(kafka, read - topics.existing(kafka), self._environment.partitions)

    def _begin(self, rollout: Rollout, read: frozenset[str], publisher: Publisher) -> None:
        """Publish where reading of new topics starts; topics that are already read continue."""
        now = 0 if self._environment.start == "earliest" else time.time_ns() // 1_000_000
        publisher.begin(dict.fromkeys(read, now) | dict.fromkeys(_still_read(rollout), 0))

    def _run_canary(self, rollout: Rollout, read: frozenset[str], publisher: Publisher) -> None:
        """Start the canary, and watch it."""
        with closing(self._members()) as members:
            new = _changed(rollout) - members.isolated()
            progress = self._progress(read & _still_read(rollout))
            committed, ends = progress.committed(), progress.ends()
            publisher.canary(self._environment.canary)
            self._environment.point("canary-begun")

            def moves() -> str:
                now, last = progress.committed(), progress.ends()
                still = [p for p in now if now[p] == committed[p] and last[p] != ends[p]]
                return (
                    ""
                    if not still
                    else f"partition {still[0][1]} of {still[0][0]} makes no progress"
                )

            self._wait(members, new, moves)
            self._watch(members, new, progress)

    def _wait_for_all(self, _: Publisher) -> None:
        """Wait until all running workers are at the release of the control topic."""
        with closing(self._members()) as members:
            self._wait(members)
        self._environment.point("workers-switched")

    # --- parts ------------------------------------------------------------------------------------

    def _members(self) -> Members:
        environment = self._environment
        return Members(environment.kafka, environment.project, environment.environment)

    def _progress(self, names: frozenset[str]) -> WorkerProgress:
        """The partitions of these topics that see the canary."""
        environment, known = self._environment, topics.partitions(self._environment.kafka)
        canary: list[Partition] = [
            (name, number)
            for name in names
            for number in range(canary_partitions(known.get(name, 0), environment.canary))
        ]
        return WorkerProgress(
            environment.kafka, group_of(environment.project, environment.environment), canary
        )

    def _wait(
        self,
        members: Members,
        new: Collection[str] = (),
        blocked: Callable[[], str] = lambda: "",
    ) -> None:
        """Until all live workers are where the control topic is, and nothing is blocked.

        If one of the `new` detections gets isolated, that is a reason to give up.
        """
        limit = time.monotonic() + self._environment.healthy_seconds
        had = bool(members.names())
        while had:
            seen = members.look()
            _refuse(seen, new)
            waiting = [each.name for each in seen if not each.current]
            reason = blocked() if seen and not waiting else _missing(waiting)
            if not reason:
                return
            if time.monotonic() > limit:
                raise UnhealthyError(f"workers: {reason}", hint=_HINT)
            time.sleep(_LOOK_SECONDS)

    def _watch(self, members: Members, new: Collection[str], progress: WorkerProgress) -> None:
        """Until what was there when the canary began is read, or it has lasted long enough.

        Whatever came of it, every worker has to say once more that it is well.
        """
        limit = time.monotonic() + self._environment.canary_seconds
        first, ends = progress.committed(), progress.ends()
        while members.names() and time.monotonic() < limit:
            _refuse(members.look(), new)
            now, last = progress.committed(), progress.ends()
            if all(now[p] >= ends[p] or (now[p] == first[p] and last[p] == ends[p]) for p in now):
                break
            time.sleep(_LOOK_SECONDS)
        members.forget()
        self._wait(members, new)


def _refuse(seen: Sequence[MemberStatus], new: Collection[str]) -> None:
    """Raise UnhealthyError for what a worker says."""
    for each in seen:
        if each.error:
            raise UnhealthyError(f"worker {each.name}: {each.error}", hint=_HINT)
        for detection, reason in each.isolated.items():
            if detection in new:
                raise UnhealthyError(
                    f"worker {each.name}: detection {detection}: {reason}", hint=_HINT
                )


def _forget(kept: frozenset[str]) -> RolloutStep:
    """Remove the start positions of all other topics."""
    starts = dict.fromkeys(kept, 0)
    does = "forget where reading of unused topics started"
    return RolloutStep(Phase.SETTLE, does, (), lambda publisher: publisher.begin(starts))


def _changed(rollout: Rollout) -> set[str]:
    """Ids of the detections that are new in some way."""
    before = {(entry.id, entry.artifact) for entry in rollout.before}
    return {entry.id for entry in rollout.after if (entry.id, entry.artifact) not in before}


def _missing(waiting: Sequence[str]) -> str:
    return (
        f"{', '.join(waiting)} did not confirm it in time" if waiting else "all workers have left"
    )


def topics_of(entries: Sequence[Entry], bodies: Mapping[str, bytes]) -> frozenset[str]:
    """The topics that detections read. Raises EngineError for a damaged artifact."""
    found: set[str] = set()
    for entry in entries:
        try:
            found.add(Part.decode(bodies[entry.artifact]).topic)
        except (KeyError, ValueError) as error:
            raise EngineError(f"artifact of {entry.key} cannot be read: {error}") from error
    return frozenset(found)


def _still_read(rollout: Rollout) -> frozenset[str]:
    """The topics of what is live, as far as its artifacts are there: the rollout may mend them."""
    there = [entry for entry in rollout.before if entry.artifact in rollout.bodies]
    try:
        return topics_of(there, rollout.bodies)
    except EngineError:
        return frozenset()


def what_runs(entries: Sequence[Entry]) -> set[tuple[str, str, str]]:
    """What a worker would do otherwise if it changed."""
    return {(entry.id, entry.artifact, entry.mode) for entry in entries}
