"""Events in a ledger: between releases, before them, and from several sides at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploying import Spec, World, git
from tocsin.errors import LedgerError, StaleError
from tocsin.state.ledger_event import Attempt, DriftFound, LedgerEvent
from tocsin.state.verify import verify

LOST = Attempt(command="apply", outcome="failed", code="engine", message="no broker")
DRIFT = DriftFound(release=1, number=1, found=("missing: a",))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "repo")


def kinds(world: World) -> list[str]:
    return [event.kind for event in world.ledger.events()]


def sound(world: World) -> bool:
    return verify(world.ledger).findings == ()


def test_events_before_the_first_release(world: World) -> None:
    world.ledger.record(LOST)
    assert world.ledger.last() is None
    assert world.ledger.releases() == []
    first = world.release({"a": Spec()})
    assert (first.number, first.parent) == (1, "")
    assert world.ledger.last() == first
    assert kinds(world) == ["attempt"]
    assert sound(world)


def test_a_plan_outlives_events(world: World) -> None:
    first = world.release({"a": Spec()})
    planned = world.plan({"a": Spec(logic="l2", body="b2", version=2)})
    world.ledger.record(LOST)
    world.ledger.record(DRIFT, LOST)
    assert world.ledger.last() == first
    second = world.apply(planned)
    assert second.parent == first.commit
    assert git(world.root, "rev-parse", f"{second.commit}^") != first.commit
    assert world.ledger.releases() == [second, first]
    assert kinds(world) == ["attempt", "drift-found", "attempt"]
    assert sound(world)


def test_a_commit_of_events_holds_all_of_its_release(world: World) -> None:
    release = world.release({"a": Spec(), "b": Spec(body="b2")})
    world.ledger.record(LOST)
    listed = [
        git(world.root, "ls-tree", "-r", commit).splitlines()
        for commit in (release.commit, "tocsin/local")
    ]
    [added] = set(listed[1]) - set(listed[0])
    assert added.endswith("\tevents.jsonl")
    assert set(listed[0]) < set(listed[1])


def test_events_come_with_a_release(world: World) -> None:
    release = world.release({"a": Spec()})
    (world.folder / "artifacts/batch-sql/audit/a.sql").unlink()
    world.release({"a": Spec()})
    [event] = world.ledger.events()
    assert (event.kind, event.n, event.who) == ("drift-mended", 1, world.ledger.who())
    assert getattr(event, "mended", ()) == ("missing: a",)
    assert git(world.root, "rev-parse", "tocsin/local^") == release.commit
    assert sound(world)


class Racing:
    """Calls something just before the branch is moved, once."""

    def __init__(self, world: World, first: LedgerEvent) -> None:
        self.ledger = world.ledger
        self._advance, self._first, self._world = self.ledger.branch.advance, first, world
        self.ledger.branch.advance = self.advance  # type: ignore[method-assign] # for the race

    def advance(self, new: str, old: str, why: str) -> None:
        self.ledger.branch.advance = self._advance  # type: ignore[method-assign] # as it was
        self._world.ledger.record(self._first)
        self._advance(new, old, why)


def test_two_who_record_at_once_both_do(world: World) -> None:
    world.release({"a": Spec()})
    Racing(world, LOST).ledger.record(DRIFT)
    assert kinds(world) == ["attempt", "drift-found"]
    assert sound(world)


def test_an_event_in_between_does_not_stop_a_release(world: World) -> None:
    first = world.release({"a": Spec()})
    last = Racing(world, LOST).ledger
    made = last.commit(replace(first, number=2, parent=first.commit), {"plan.json": b"{}"})
    assert world.ledger.last() == made
    assert kinds(world) == ["attempt"]


def test_a_ledger_that_always_moves_is_given_up(world: World) -> None:
    ledger = world.ledger

    def lost(*_: str) -> None:
        raise StaleError("moved")

    ledger.branch.advance = lost  # type: ignore[method-assign] # for the race
    with pytest.raises(StaleError, match="came first"):
        ledger.record(LOST)


class TestRemote:
    @pytest.fixture
    def worlds(self, tmp_path: Path) -> tuple[World, World]:
        git(tmp_path, "init", "-q", "--bare", "hub.git")
        made = []
        for name in ("here", "there"):
            world = World(tmp_path / name, remote="origin")
            git(world.root, "remote", "add", "origin", f"file://{tmp_path}/hub.git")
            made.append(world)
        return made[0], made[1]

    def test_events_are_shared(self, worlds: tuple[World, World]) -> None:
        here, there = worlds
        here.release({"a": Spec()})
        there.ledger.record(LOST)
        here.ledger.record(DRIFT)
        assert kinds(there) == ["attempt", "drift-found"]
        assert sound(there)

    def test_who_was_slower_records_on_top(self, worlds: tuple[World, World]) -> None:
        here, there = worlds
        here.release({"a": Spec()})
        slow = here.ledger
        there.ledger.record(LOST)
        slow.record(DRIFT)
        assert kinds(there) == ["attempt", "drift-found"]

    def test_events_of_one_clone_alone_come_after_those_of_the_remote(
        self, worlds: tuple[World, World]
    ) -> None:
        here, there = worlds
        here.release({"a": Spec()})
        World(here.root).ledger.record(LOST)
        [mine] = World(here.root).ledger.events()
        second = there.release({"a": Spec(), "b": Spec(body="b2")})
        there.ledger.record(DRIFT)
        assert here.ledger.last() == second
        assert kinds(there) == ["drift-mended", "drift-found", "attempt"]
        assert (there.ledger.events()[-1].at, there.ledger.events()[-1].n) == (mine.at, 3)
        assert sound(there)

    def test_a_release_of_one_clone_alone_parts_the_branches(
        self, worlds: tuple[World, World]
    ) -> None:
        here, there = worlds
        here.release({"a": Spec()})
        World(here.root).ledger.record(LOST)
        World(here.root).release({"b": Spec()})
        there.ledger.record(DRIFT)
        with pytest.raises(LedgerError, match="has diverged"):
            _ = here.ledger
