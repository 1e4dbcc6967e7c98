"""What a rollout does to each slot: which job, in which generation of its state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.backend.streaming import Rollout
from tocsin.errors import EngineError
from tocsin.release.cutover import Cutover
from tocsin.release.entry import Entry
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, JobSpec, PackJob, job_specs
from tocsin_flink_sql.state.storage import Generation

Judge = Callable[[bytes, bytes], StateDecision]


@dataclass(frozen=True, slots=True)
class Step:
    """One slot: the job that comes, and the one that goes if there is one.

    `old` is the generation of the one that goes; None too if that is gone already. `parent`: the
    slot where the detections of a new one ran before.
    """

    after: JobSpec
    generation: Generation
    before: JobSpec | None = None
    old: Generation | None = None
    parent: str = ""

    @property
    def same(self) -> bool:
        """Whether the job stays."""
        return self.before is not None and self.before.version == self.after.version

    @property
    def blue_green(self) -> bool:
        """Whether both run beside each other until a cut."""
        return self.before is not None and not self.same and self.old != self.generation


class Steps:
    """The steps of moves at one site."""

    def __init__(self, site: Site, judge: Judge) -> None:
        self._site = site
        self._judge = judge

    def after(self, rollout: Rollout) -> dict[str, JobSpec]:
        """The jobs that come, by slot."""
        return job_specs(rollout.after, rollout.bodies)

    def before(self, rollout: Rollout) -> dict[str, JobSpec]:
        """The jobs that go, by slot."""
        return job_specs(rollout.before, rollout.bodies)

    def of(self, rollout: Rollout) -> list[Step]:
        """All steps, the same whenever they are asked for; generations are begun as needed."""
        before = self.before(rollout)
        return [
            self._step(spec, before[slot], rollout)
            if slot in before
            else self._new(spec, _parent(spec, before), rollout)
            for slot, spec in self.after(rollout).items()
        ]

    def back(self, rollout: Rollout) -> Iterator[Step]:
        """The ways back where the new generation's matches count from a cut on."""
        before = self.before(rollout)
        for slot, spec in self.after(rollout).items():
            made = self._site.storage.made_by(slot, rollout.release)
            old = self.home(before[slot]) if slot in before else None
            if made and old and made != old and made.cut is not None:
                yield Step(before[slot], old, spec, made)

    def home(self, spec: JobSpec) -> Generation | None:
        """The generation that holds the state of a job that has run."""
        storage = self._site.storage
        serving = storage.serving(spec.slot, spec.version)
        return serving or (None if isinstance(spec, CorrelationJob) else storage.newest(spec.slot))

    def home_or_new(self, spec: JobSpec, rollout: Rollout) -> Generation:
        """That, or one that begins anew where nothing is left of it."""
        return self.home(spec) or self._fresh(spec, rollout.release, self._start())

    def _new(self, spec: JobSpec, parent: str, rollout: Rollout) -> Step:
        home = self.home(spec)
        start = "" if parent else self._start()
        return Step(spec, home or self._fresh(spec, rollout.release, start), parent=parent)

    def _step(self, spec: JobSpec, before: JobSpec, rollout: Rollout) -> Step:
        old = self.home(before)
        verdict = self._verdict(spec, before, rollout)
        if verdict is None or verdict.fate is Fate.KEEP:
            kept = old or self.home_or_new(spec, rollout)
            return Step(spec, kept, before, kept)
        start = (
            self._now()
            - verdict.replay_ms
            - self._site.timing.slack_ms * (verdict.fate is Fate.REPLAY)
        )
        return Step(spec, self._fresh(spec, rollout.release, str(start), old), before, old)

    def _verdict(self, spec: JobSpec, before: JobSpec, rollout: Rollout) -> StateDecision | None:
        """None where nothing is to be judged: no window, or nothing changed."""
        if not isinstance(spec, CorrelationJob) or not isinstance(before, CorrelationJob):
            return None
        if spec.version == before.version:
            return None
        given = rollout.decisions.get(spec.detection)
        verdict = given or self._judge(before.body, spec.body)
        if verdict.problem:
            raise EngineError(f"{spec.slot}: {verdict.problem}")
        return verdict

    def _fresh(
        self, spec: JobSpec, release: int, start: str, old: Generation | None = None
    ) -> Generation:
        """The generation that this release makes for a slot."""
        storage = self._site.storage
        made = storage.made_by(spec.slot, release)
        if made is None or made == old:
            made = storage.begin(spec.slot, release, self._now(), start)
            if old is not None:
                old.forget_cut()
        made.serve(spec.version)
        return made

    def _start(self) -> str:
        """A moment in place of `latest`: a job that starts again reads what came meanwhile."""
        return "earliest" if self._site.start == "earliest" else str(self._now())

    def _now(self) -> int:
        return time.time_ns() // 1_000_000


def _parent(spec: JobSpec, before: Mapping[str, JobSpec]) -> str:
    """The slot that has run a pack's detections so far; empty for new ones."""
    for slot, was in before.items():
        both = isinstance(was, PackJob) and isinstance(spec, PackJob)
        if both and was.topics == spec.topics and was.detections & spec.detections:
            return slot
    return ""


def plain_cuts(steps: Sequence[Step], rollout: Rollout) -> Iterator[Cutover]:
    """Those of detections of which no two versions run beside each other: both count."""
    before: Mapping[str, Entry] = {entry.id: entry for entry in rollout.before}
    beside = {id_ for step in steps if step.blue_green for id_ in step.after.detections}
    for entry in rollout.after:
        was = before.get(entry.id)
        if was and was.logic != entry.logic and entry.id not in beside:
            yield Cutover(entry.id, was.logic, entry.logic)
