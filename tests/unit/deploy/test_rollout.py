"""The steps of all fleets: one list, which is shown and carried out in its order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tocsin.backend.records import FolderRecords
from tocsin.backend.streaming import Phase, Publisher, Rollout, RolloutStep, UnhealthyError
from tocsin.deploy.publisher import RecordPublisher
from tocsin.deploy.rollout import NAMED, PlannedStep, carry_back, carry_out, rollout_steps
from tocsin.errors import EngineError
from tocsin.progress import Notify, Progress, silent
from tocsin.release.entry import Entry
from tocsin.release.finding import Finding
from tocsin.release.keys import RELEASE
from tocsin.release.record import ReleaseRecord
from tocsin.release.state_decision import StateDecision


def entry(backend: str) -> Entry:
    digest = "0" * 64
    return Entry(backend, backend, 1, digest, digest, digest, backend, "audit", "p", "Title")


ROLLOUT = Rollout(2, (), (entry("jobs"), entry("workers")), {})


@dataclass
class ListedFleet:
    """Says what it does, and writes down what it did, with the release that was live then."""

    records: FolderRecords
    does: Sequence[tuple[Phase, str]]
    done: list[tuple[str, int]] = field(default_factory=list)
    fails: Mapping[str, Exception] = field(default_factory=dict)

    def steps(self, rollout: Rollout) -> list[RolloutStep]:
        assert len({each.backend for each in rollout.after}) == 1
        return [self._step(phase, does) for phase, does in self.does]

    def retreat(self, rollout: Rollout) -> list[RolloutStep]:
        assert rollout.release == ROLLOUT.release
        return [self._step(Phase.SETTLE, "go back")]

    def findings(self, *_: object) -> list[Finding]:
        raise AssertionError

    def judge(self, *_: object) -> StateDecision:
        raise AssertionError

    def _step(self, phase: Phase, does: str) -> RolloutStep:
        def carry_out(_: Publisher) -> None:
            known = self.records.records().get(RELEASE)
            self.done.append((does, ReleaseRecord.decode(known).release if known else 0))
            if does in self.fails:
                raise self.fails[does]

        return RolloutStep(phase, does, ("a",), carry_out)


class Heard(Progress):
    """What somebody at a terminal sees."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[Notify]:
        self.names.append(name)
        yield silent


@dataclass
class World:
    """Two fleets that share a journal of what was done."""

    folder: Path
    fails: dict[str, Exception] = field(default_factory=dict)
    done: list[tuple[str, int]] = field(default_factory=list)
    heard: Heard = field(default_factory=Heard)

    @property
    def fleets(self) -> list[tuple[str, ListedFleet]]:
        jobs = ((Phase.SETTLE, "sweep"), (Phase.STAGE, "check"), (Phase.SWITCH, "start"))
        workers = ((Phase.STAGE, "try"), (Phase.SWITCH, "run"))
        return [
            (name, ListedFleet(FolderRecords(self.folder), does, self.done, self.fails))
            for name, does in (("jobs", jobs), ("workers", workers))
        ]

    def __post_init__(self) -> None:
        records, before = FolderRecords(self.folder), ReleaseRecord("prod", 1)
        self.publisher = RecordPublisher(records, ROLLOUT, before)

    def carry_out(self) -> None:
        carry_out(ROLLOUT, self.fleets, self.publisher, self.heard)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


LISTED = [
    *("jobs · check: a", "workers · try: a", "publish release 2"),
    *("jobs · start: a", "workers · run: a", "jobs · sweep: a", "forget the previous release"),
]


def test_all_are_through_a_phase_before_the_next_begins(world: World) -> None:
    assert [step.words for step in rollout_steps(ROLLOUT, world.fleets)] == LISTED


def test_what_is_listed_is_carried_out_and_shown_in_that_order(world: World) -> None:
    world.carry_out()
    assert world.heard.names == LISTED
    assert world.done == [("check", 0), ("try", 0), ("start", 2), ("run", 2), ("sweep", 2)]


@pytest.mark.parametrize("does", ["check", "try"])
def test_whatever_goes_wrong_before_the_release_is_published_gives_it_up(
    does: str, world: World
) -> None:
    world.fails[does] = EngineError("nobody answers", hint="wait")
    with pytest.raises(UnhealthyError, match="nobody answers") as caught:
        world.carry_out()
    assert caught.value.hint == "wait"
    assert world.heard.names[-1].endswith(f"{does}: a")


def test_later_only_what_is_unhealthy_does(world: World) -> None:
    world.fails["run"] = EngineError("nobody answers")
    with pytest.raises(EngineError) as caught:
        world.carry_out()
    assert not isinstance(caught.value, UnhealthyError)


def test_on_the_way_back_the_release_before_is_published_first(world: World) -> None:
    world.fails["start"] = UnhealthyError("it fails")
    with pytest.raises(UnhealthyError):
        world.carry_out()
    carry_back(ROLLOUT, world.fleets, world.publisher, world.heard)
    assert world.done[-2:] == [("go back", 1), ("go back", 1)]
    assert world.heard.names[-2:] == ["jobs · go back: a", "workers · go back: a"]


def test_mutes_begin_with_the_release_and_end_on_the_way_back(tmp_path: Path) -> None:
    records = FolderRecords(tmp_path)
    old, new = {"d": "2026-01-01T00:00:00Z"}, {"e": "2026-01-02T00:00:00Z"}
    move = replace(ROLLOUT, mutes=new)
    publisher = RecordPublisher(records, move, ReleaseRecord("prod", 1, mutes=old))
    publisher.release()
    assert ReleaseRecord.decode(records.records()[RELEASE]).mutes == new
    publisher.restore()
    assert ReleaseRecord.decode(records.records()[RELEASE]).mutes == old


def test_a_line_of_progress_names_some_and_a_plan_all() -> None:
    names = tuple("abcdefg")
    step = PlannedStep("jobs", Phase.STAGE, "start", names, lambda _: None)
    assert step.words == "jobs · start: a, b, c, d, e, f, g"
    assert step.title == f"jobs · start: a, b, c, d, e, {len(names) - NAMED} more"
    told: dict[str, Any] = {"backend": "jobs", "phase": "stage", "does": "start"}
    assert step.record == {**told, "subjects": list(names)}
