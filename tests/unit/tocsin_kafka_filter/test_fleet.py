"""The steps of workers from one release to the next, and when they are given up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tocsin.backend import registry
from tocsin.backend.streaming import Phase, Rollout, RolloutStep, StreamEnvironment, UnhealthyError
from tocsin.compile import compile_query
from tocsin.diagnostics import Span
from tocsin.errors import EngineError
from tocsin.ir.nodes import Const, Leaf, Text
from tocsin.ir.query import Query
from tocsin.model.artifact import Artifact
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, FieldType, LogSource, Source
from tocsin.release.cutover import Cutover
from tocsin.release.entry import Entry
from tocsin_kafka.settings import Partition
from tocsin_kafka_filter import fleet as fleets
from tocsin_kafka_filter.fleet import WorkerFleet, topics_of
from tocsin_runtime.observe.members import MemberStatus, WorkerReport

PLACE = StreamEnvironment("shop", "live", "k:1", canary_seconds=0, healthy_seconds=1)
BODIES: dict[str, bytes] = {}


def entry(key: str, value: str = "x", topic: str = "audit", mode: Any = "live") -> Entry:
    """A detection; its artifact is known from now on."""
    columns = (Column("action", FieldType.STRING, ("action",)),)
    detection = Detection(key, key, Meta(title=key), LogSource("audit"), Span())
    query = Query(
        detection,
        Source("audit", columns, topic=topic),
        Const(value=True),
        Leaf("action", Text((value,))),
    )
    made = compile_query(query, registry.load("kafka-filter"))
    assert isinstance(made, Artifact)
    BODIES[made.digest] = made.body
    return Entry(
        key,
        key,
        1,
        query.logic,
        made.digest,
        query.meta,
        "kafka-filter",
        "audit",
        "p",
        key,
        mode=mode,
    )


A, B = entry("a"), entry("b", topic="web")


def rollout(before: Sequence[Entry], after: Sequence[Entry]) -> Rollout:
    return Rollout(2, tuple(before), tuple(after), BODIES)


def told(steps: Sequence[RolloutStep]) -> list[tuple[Phase, str]]:
    return [(step.phase, step.does) for step in steps]


@dataclass
class Published:
    """What a fleet publishes."""

    begun: list[dict[str, int]] = field(default_factory=list)
    shares: list[float | None] = field(default_factory=list)

    def cut_over(self, cutovers: Sequence[Cutover]) -> None:
        raise AssertionError(cutovers)

    def canary(self, share: float | None) -> None:
        self.shares.append(share)

    def begin(self, starts: Mapping[str, int]) -> None:
        self.begun.append(dict(starts))


# --- which ----------------------------------------------------------------------------------------


def test_new_detections_run_on_a_share_first() -> None:
    assert told(WorkerFleet(PLACE).steps(rollout([A], [A, B]))) == [
        (Phase.STAGE, "publish where workers start reading"),
        (Phase.STAGE, "run 1 new detection on 25% of the partitions"),
        (Phase.SWITCH, "wait until all workers run the release"),
        (Phase.SETTLE, "forget where reading of unused topics started"),
    ]


@pytest.mark.parametrize("after", [[A], [replace(A, title="Other words", version=2)]])
def test_workers_that_run_the_same_after_it_are_left_alone(after: list[Entry]) -> None:
    phases = [step.phase for step in WorkerFleet(PLACE).steps(rollout([A], after))]
    assert phases == [Phase.STAGE, Phase.SETTLE]


def test_another_mode_is_something_else_to_run() -> None:
    shadow = replace(A, mode="shadow")
    assert len(WorkerFleet(PLACE).steps(rollout([A], [shadow]))) == 4


def test_topics_are_made_where_the_environment_says_how() -> None:
    first, *_ = WorkerFleet(replace(PLACE, partitions=3)).steps(rollout([], [A, B]))
    assert (first.does, first.subjects) == ("create missing topics", ("audit", "web"))


def test_on_the_way_back_workers_are_waited_for() -> None:
    steps = WorkerFleet(PLACE).retreat(rollout([A], [B]))
    assert [step.does for step in steps] == [
        "forget where reading of unused topics started",
        "wait until all workers run the previous release",
    ]


def test_an_artifact_that_is_damaged_is_told() -> None:
    with pytest.raises(EngineError, match="artifact of a cannot be read"):
        topics_of([A], {A.artifact: b"{"})
    with pytest.raises(EngineError, match="artifact of a cannot be read"):
        topics_of([A], {})


# --- where workers begin --------------------------------------------------------------------------


def starts(before: Sequence[Entry], after: Sequence[Entry], start: str) -> dict[str, int]:
    published = Published()
    step, *_ = WorkerFleet(replace(PLACE, start=start)).steps(rollout(before, after))
    step.carry_out(published)
    [begun] = published.begun
    return begun


def test_a_topic_that_is_new_begins_now_or_at_its_first_event() -> None:
    found = starts([A], [A, B], "latest")
    assert found["audit"] == 0  # it is read already; the publisher keeps where it began
    assert found["web"] > 1_700_000_000_000
    assert starts([A], [A, B], "earliest") == {"audit": 0, "web": 0}


def test_a_release_mends_one_whose_artifacts_are_lost() -> None:
    lost = replace(A, artifact="0" * 64)
    assert starts([lost], [A], "earliest") == {"audit": 0}


def test_at_the_end_only_topics_that_are_read_have_a_beginning() -> None:
    published = Published()
    *_, forget = WorkerFleet(PLACE).steps(rollout([A, B], [B]))
    forget.carry_out(published)
    back, _ = WorkerFleet(PLACE).retreat(rollout([A], [B]))
    back.carry_out(published)
    assert published.begun == [{"web": 0}, {"audit": 0}]


# --- waiting --------------------------------------------------------------------------------------


def member(name: str, *, current: bool = True, error: str = "", **isolated: str) -> MemberStatus:
    return MemberStatus(name, WorkerReport(2, None, "", error, isolated, 0), current)


class Watched:
    """Members that are always the same."""

    there: tuple[MemberStatus, ...] = ()
    before: tuple[str, ...] = ()

    def __init__(self, *_: object) -> None:
        """Connect to nothing."""

    def close(self) -> None:
        """There is nothing to let go."""

    def names(self) -> list[str]:
        return [each.name for each in self.there]

    def look(self) -> Sequence[MemberStatus]:
        return self.there

    def isolated(self) -> Collection[str]:
        return set(self.before)

    def forget(self) -> None:
        """What was heard so far."""


class Positions:
    """Partitions that are read as far as `read` says; there are 5 events in each."""

    read: tuple[int, ...] = (5,)

    def __init__(self, _: str, __: str, places: Collection[Partition]) -> None:
        self.places = places
        self.looks = iter(self.read)

    def committed(self) -> dict[Partition, int]:
        position = next(self.looks, self.read[-1])
        return dict.fromkeys(self.places, position)

    def ends(self) -> dict[Partition, int]:
        return dict.fromkeys(self.places, 5)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> type[Watched]:
    class Own(Watched):
        pass

    monkeypatch.setattr(fleets, "Members", Own)
    monkeypatch.setattr(fleets, "WorkerProgress", Positions)
    monkeypatch.setattr(fleets.topics, "partitions", lambda _: {"audit": 4})
    return Own


def canary(before: Sequence[Entry], after: Sequence[Entry]) -> Published:
    published = Published()
    _, run, *_ = WorkerFleet(PLACE).steps(rollout(before, after))
    run.carry_out(published)
    return published


def switch(place: StreamEnvironment = PLACE) -> None:
    for step in WorkerFleet(place).steps(rollout([], [A])):
        if step.phase is Phase.SWITCH:
            step.carry_out(Published())


@pytest.mark.usefixtures("watched")
def test_where_no_worker_is_nobody_is_waited_for() -> None:
    switch()
    assert canary([A], [A, entry("a", "y")]).shares == [0.25]


def test_all_workers_must_say_that_they_run_it(watched: type[Watched]) -> None:
    watched.there = (member("w1"), member("w2"))
    switch()
    watched.there = (member("w1"), member("w2", current=False))
    with pytest.raises(UnhealthyError, match="workers: w2 did not confirm it in time"):
        switch()


def test_a_worker_that_cannot_is_not_waited_for(watched: type[Watched]) -> None:
    watched.there = (member("w1", error="it cannot be loaded"),)
    with pytest.raises(UnhealthyError, match="worker w1: it cannot be loaded"):
        switch(replace(PLACE, healthy_seconds=3600))


def test_a_new_detection_that_gets_isolated_is_given_up(watched: type[Watched]) -> None:
    new = entry("b", "z")
    watched.there = (member("w1", b="slow"),)
    with pytest.raises(UnhealthyError, match="worker w1: detection b: slow"):
        canary([A], [A, new])
    watched.before = ("b",)  # it was before: that is no news
    assert canary([A], [A, new]).shares == [0.25]


def test_a_partition_that_nobody_reads_is_given_up(
    watched: type[Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.there = (member("w1"),)

    class Grows(Positions):
        def ends(self) -> dict[Partition, int]:
            self.seen = getattr(self, "seen", 5) + 1
            return dict.fromkeys(self.places, self.seen)

    monkeypatch.setattr(fleets, "WorkerProgress", Grows)
    with pytest.raises(UnhealthyError, match="partition 0 of audit makes no progress"):
        canary([A], [A, entry("c")])
