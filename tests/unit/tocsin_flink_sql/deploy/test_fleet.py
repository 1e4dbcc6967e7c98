"""A fleet carries out its own steps, and goes on where it was killed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest

from deployments.editions import Edition, identity
from tocsin.backend.streaming import Phase, Rollout, UnhealthyError
from tocsin.errors import EngineError
from tocsin.release.cutover import Cutover
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.deploy import watermarks
from tocsin_flink_sql.deploy.environment import Site, Timing
from tocsin_flink_sql.deploy.fleet import FlinkFleet
from tocsin_flink_sql.deploy.rollout_steps import JobAction
from unit.tocsin_flink_sql.deploy.answering_flink import AnsweredJob, AnsweringFlink
from unit.tocsin_flink_sql.deploy.shop import NoEvents, rollout, site, specs

FIRST = Edition(1, {"ra": "a", "rb": "b"}, threshold=0)
SECOND = replace(FIRST, number=2, actions={"ra": "c", "rb": "b"})
APART = replace(FIRST, number=2, isolated="ra")


class KilledError(Exception):
    """The process ends here."""


@dataclass
class Shop:
    """Jobs of packs on what answers like Flink. `killed_at`: a point that is the last."""

    root: Path
    flink: AnsweringFlink
    healthy: float = 5.0
    partitions: int = 0
    parallelism: int = 1
    killed_at: str = ""
    cutovers: list[Cutover] = field(default_factory=list)
    topics: NoEvents = field(default_factory=NoEvents)

    @property
    def site(self) -> Site:
        made = site(self.root, self.flink.url)
        sizes = {"partitions": self.partitions, "parallelism": self.parallelism}
        environment = replace(made.environment, point=self._point, **sizes)
        timing = Timing(steady=0.3, healthy=self.healthy, stop=2)
        return replace(made, environment=environment, timing=timing)

    @property
    def fleet(self) -> FlinkFleet:
        return FlinkFleet(self.site, self.topics)

    def _point(self, name: str) -> None:
        if name == self.killed_at:
            raise KilledError(name)

    # --- a publisher ------------------------------------------------------------------------------

    def cut_over(self, cutovers: Sequence[Cutover]) -> None:
        self.cutovers += cutovers

    def canary(self, share: float | None) -> None:
        raise AssertionError(share)

    def begin(self, starts: Mapping[str, int]) -> None:
        raise AssertionError(starts)

    # --- moves ------------------------------------------------------------------------------------

    def move(self, way: Rollout, *phases: Phase) -> None:
        for step in self.fleet.steps(way):
            if step.phase in phases or not phases:
                step.carry_out(self)

    def retreat(self, way: Rollout) -> None:
        for step in self.fleet.retreat(way):
            step.carry_out(self)

    def names(self, edition: Edition) -> list[str]:
        return sorted(map(self.site.name, specs(edition).values()))

    @property
    def started(self) -> int:
        """How many jobs were started so far."""
        starts = ("INSERT", "EXECUTE PLAN")
        return sum(statement.startswith(starts) for statement in self.flink.statements)


@pytest.fixture
def shop(tmp_path: Path, flink: AnsweringFlink) -> Shop:
    flink.free = 8
    made = Shop(tmp_path, flink)
    made.topics.there.add("audit")
    return made


def test_a_rollout_is_its_steps(shop: Shop) -> None:
    shop.move(rollout(None, FIRST, release=1))
    assert shop.flink.living() == shop.names(FIRST)
    to = shop.site.topics
    assert shop.topics.there == {"audit", to.found, to.refused}
    assert shop.cutovers == []
    shop.move(rollout(FIRST, SECOND))
    assert shop.flink.living() == shop.names(SECOND)
    assert [name for name, _ in shop.flink.savepoints] == shop.names(FIRST)
    assert {each.detection for each in shop.cutovers} == {identity("ra"), identity("mark")}
    storage = shop.site.storage
    assert [len(storage.generations(name)) for name in storage.pipelines()] == [1]
    assert len(list((storage.root / "jars").iterdir())) == 1


def test_to_ask_for_steps_changes_nothing(shop: Shop) -> None:
    way = rollout(None, FIRST, release=1)
    assert shop.fleet.steps(way)
    assert shop.fleet.retreat(way)
    assert not shop.site.storage.root.exists()
    assert shop.flink.sessions == []


@pytest.mark.parametrize(
    "point",
    [
        *(a.point for a in (JobAction.MAKE_TOPICS, JobAction.BEGIN_GENERATIONS, JobAction.CHECK)),
        *("session-ready", "stopped", "started"),
        *(a.point for a in (JobAction.UPGRADE, JobAction.START_SPLIT, JobAction.SWEEP)),
    ],
)
def test_one_that_was_killed_goes_on_and_starts_no_job_twice(point: str, shop: Shop) -> None:
    shop.move(rollout(None, FIRST, release=1))
    shop.killed_at = point
    with pytest.raises(KilledError, match=point):
        shop.move(rollout(FIRST, APART))
    shop.killed_at = ""
    shop.move(rollout(FIRST, APART))
    assert shop.flink.living() == shop.names(APART)
    assert shop.started == 1 + 2
    storage = shop.site.storage
    assert {n: len(storage.generations(n)) for n in storage.pipelines()} == {
        "audit": 1,
        "audit/ra": 1,
    }
    pack, apart = (storage.generations(name)[0] for name in ("audit", "audit/ra"))
    assert apart.start == pack.start  # its job has read nothing before it stopped


def test_a_job_that_was_lost_is_started_again(shop: Shop) -> None:
    shop.move(rollout(None, FIRST, release=1))
    for job in shop.flink.jobs.values():
        job.status = "FAILED"
    shop.move(rollout(FIRST, FIRST))
    assert shop.flink.living() == shop.names(FIRST)


def test_what_is_removed_stops_and_its_state_goes(shop: Shop) -> None:
    shop.move(rollout(None, FIRST, release=1))
    shop.flink.add(AnsweredJob("x", f"{shop.site.prefix}ghost@{'0' * 12}"))
    shop.move(rollout(FIRST, None))
    assert shop.flink.living() == []
    assert shop.site.storage.pipelines() == []
    assert list((shop.site.storage.root / "jars").iterdir()) == []


def test_on_the_way_back_the_old_runs_again(shop: Shop) -> None:
    shop.move(rollout(None, FIRST, release=1))
    shop.move(rollout(FIRST, APART), Phase.STAGE, Phase.SWITCH)
    shop.retreat(rollout(FIRST, APART))
    assert shop.flink.living() == shop.names(FIRST)
    assert shop.site.storage.pipelines() == ["audit"]


def test_one_that_flink_refuses_leaves_the_old_running(shop: Shop) -> None:
    shop.move(rollout(None, FIRST, release=1))
    shop.flink.refusals += ["a.Ex: boom"]
    with pytest.raises(UnhealthyError, match="boom"):
        shop.move(rollout(FIRST, SECOND))
    assert shop.flink.living() == shop.names(FIRST)


# --- state that is made anew ----------------------------------------------------------------------

BURST = replace(FIRST, threshold=3)
CHANGED = replace(FIRST, number=2, threshold=5)
REPLAYED = StateDecision(Fate.REPLAY, "as asked", replay_ms=4000)
REPLAY = rollout(BURST, CHANGED, REPLAYED)


@pytest.fixture
def replaying(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop with a correlation, whose jobs are all equally far."""
    monkeypatch.setattr(watermarks, "_SECOND", 0.01)
    shop.flink.settings["metrics.fetcher.update-interval"] = "0"
    shop.flink.starts_as = {"watermarks": (50_000,)}
    shop.move(rollout(None, BURST, release=1))
    return shop


def bursts(shop: Shop) -> list[Cutover]:
    return [each for each in shop.cutovers if each.detection == identity("burst")]


def test_state_that_is_made_anew_takes_over_by_a_cutover(replaying: Shop) -> None:
    replaying.move(REPLAY, Phase.STAGE)
    both = {*replaying.names(BURST), *replaying.names(CHANGED)}
    audit = replaying.site.name(specs(CHANGED)["audit"])
    assert set(replaying.flink.living()) == both - {audit}
    replaying.move(REPLAY)
    assert replaying.flink.living() == replaying.names(CHANGED)
    [*_, before, last] = bursts(replaying)
    assert before.at == last.at == 50_000  # no event comes: the cutover came down to where all are
    assert (before.sure, before.ends, last.ends) == (True, (), (5,))
    storage = replaying.site.storage
    assert {n: len(storage.generations(n)) for n in storage.pipelines()} == {"audit": 1, "burst": 1}


@pytest.mark.parametrize(
    "point",
    [
        *(a.point for a in (JobAction.START_BESIDE, JobAction.CUT_OVER, JobAction.SEE_BOTH_RUN)),
        *("cut-published", "cut-reached", "old-stopped"),
        *(a.point for a in (JobAction.END_OLD, JobAction.END_CUTOVERS)),
    ],
)
def test_one_that_was_killed_makes_no_state_twice(point: str, replaying: Shop) -> None:
    replaying.killed_at = point
    with pytest.raises(KilledError, match=point):
        replaying.move(REPLAY)
    replaying.killed_at = ""
    replaying.move(REPLAY)
    assert replaying.flink.living() == replaying.names(CHANGED)
    # Where the state of the old job is still there, it runs once more, up to the cutover.
    assert replaying.started == 2 + 2 + (point == "old-stopped")
    assert bursts(replaying)[-1].ends == (5,)


def test_where_the_new_has_taken_over_the_old_comes_back_by_a_cutover(replaying: Shop) -> None:
    replaying.move(REPLAY, Phase.STAGE, Phase.SWITCH)
    replaying.retreat(REPLAY)
    assert replaying.flink.living() == replaying.names(BURST)
    there, back = (bursts(replaying)[n] for n in (0, -1))
    assert (there.before, there.after) == (back.after, back.before)
    assert back.ends == (5,)
    storage = replaying.site.storage
    [kept] = storage.generations("burst")
    assert kept.name.startswith("r00000001-")


# --- what is missing ------------------------------------------------------------------------------


def test_missing_task_slots_are_told_before_anything_is_made(shop: Shop) -> None:
    shop.flink.free = 1
    began = time.monotonic()
    with pytest.raises(EngineError, match="needs 2 free task slots, Flink has 1") as caught:
        shop.move(rollout(None, APART, release=1))
    assert time.monotonic() - began < shop.site.timing.healthy
    assert "taskmanager.numberOfTaskSlots" in caught.value.hint
    assert shop.topics.there == {"audit"}
    assert shop.flink.sessions == []
    assert not shop.site.storage.root.exists()


def test_each_job_takes_as_many_as_its_parallelism(shop: Shop) -> None:
    shop.parallelism = 5
    with pytest.raises(EngineError, match="needs 10 free task slots, Flink has 8"):
        shop.move(rollout(None, APART, release=1))


@pytest.mark.parametrize("after", [1, 2])
def test_those_of_a_cluster_that_restarts_are_waited_for(after: int, shop: Shop) -> None:
    shop.flink.free = shop.flink.task_managers = 0
    looks = count(1)

    def comes_back() -> None:
        if next(looks) == after:
            shop.flink.free, shop.flink.task_managers = 8, 1

    shop.flink.on_overview = comes_back
    shop.move(rollout(None, FIRST, release=1))
    assert shop.flink.living() == shop.names(FIRST)


def test_a_topic_that_nobody_makes_is_told(shop: Shop) -> None:
    shop.topics.there.clear()
    with pytest.raises(EngineError, match="there is no topic audit on k:1"):
        shop.move(rollout(None, FIRST, release=1))
    shop.partitions = 2
    shop.move(rollout(None, FIRST, release=1))
    assert "audit" in shop.topics.there
