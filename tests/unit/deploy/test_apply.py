"""Apply: killed anywhere it converges, raced it refuses, and ledger and live state agree."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from deploying import Spec, State, World, apply_in, desired, git
from tocsin.deploy.apply import apply, resume
from tocsin.deploy.journal import Order
from tocsin.deploy.local import LocalTarget
from tocsin.errors import ConfigError, LedgerError, StaleError
from tocsin.fault import POINTS
from tocsin.plan.steps import Deploy, Refused
from tocsin.release.entry import Action
from tocsin.state.ledger_event import LedgerEvent
from tocsin.state.release import Release
from tocsin.state.verify import verify

BEFORE = {"a": Spec(), "b": Spec(body="b2"), "gone": Spec(body="b3")}
AFTER = {
    "a": Spec(logic="l2", body="b4", version=2),
    "b": Spec(body="b2", title="t2", mode="shadow"),
    "new": Spec(body="b5"),
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "repo")


def table(world: World) -> dict[str, object]:
    return dict(json.loads((world.folder / "live.json").read_text()))


def test_files_and_table_are_what_was_released(world: World) -> None:
    world.release(BEFORE)
    release = world.release(AFTER)
    assert world.agree()
    assert (world.folder / "artifacts/batch-sql/audit/a.sql").read_bytes() == b"b4"
    shown = table(world)
    assert (shown["release"], shown["environment"]) == (2, "local")
    assert [d["key"] for d in shown["detections"]] == ["a", "b", "new"]  # type: ignore[attr-defined] # JSON
    assert release.counts == {
        Action.CHANGED: 1,
        Action.SWITCHED: 1,
        Action.ADDED: 1,
        Action.REMOVED: 1,
    }
    assert [e.key for e in release.removed] == ["gone"]
    assert not (world.folder / "journal.json").exists()
    assert git(world.root, "status", "--porcelain") == ""


def test_who_approvals_and_evidence_are_recorded(world: World) -> None:
    evidence = {"cases": 4, "failed": 0}
    order = Order(world.plan(BEFORE), "A <a@example.org>", ("lead", "audit"), evidence)
    apply(order, world.target, world.ledger)
    last = world.ledger.last()
    assert last
    assert (last.who, last.approvals) == ("A <a@example.org>", ("lead", "audit"))
    assert (last.evidence, last.tools) == (evidence, {"tocsin": "0"})
    assert last.plan == order.bundle.plan.digest


@pytest.fixture(scope="module", autouse=True)
def processes() -> ForkServerContext:
    """Processes to kill, forked from one that has everything imported."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tocsin.deploy.local", "tocsin.deploy.apply", "git"])
    return context


def kill_at(world: World, state: State, point: str) -> int:
    """Resume, then apply, in another process that dies at this point; its exit code."""
    process = get_context("forkserver").Process(target=apply_in, args=(world.root, state, point))
    process.start()
    process.join()
    assert process.exitcode in {0, 137}
    return process.exitcode


@pytest.mark.parametrize(
    "point", [*POINTS, "file-written:3", "file-written:5", "artifact-placed:2"]
)
def test_a_killed_apply_is_finished_by_the_next(world: World, point: str) -> None:
    world.release(BEFORE)
    assert kill_at(world, AFTER, point) == 137
    assert kill_at(world, AFTER, "") == 0
    last = world.ledger.last()
    assert last
    assert {e.key: e.artifact for e in last.entries} == {
        e.key: e.artifact for e in desired(AFTER).entries
    }
    assert last.number == 2
    assert world.agree()
    assert verify(world.ledger).findings == ()
    assert world.plan(AFTER).plan.steps == ()


def test_a_kill_during_the_resumed_apply_is_resumed_too(world: World) -> None:
    world.release(BEFORE)
    for point in ("journal-written", "file-written", "activated", "released"):
        assert kill_at(world, AFTER, point) == 137
    assert kill_at(world, AFTER, "") == 0
    assert world.agree()
    assert len(world.ledger.releases()) == 2


def test_a_resumed_apply_deploys_the_planned_bytes_not_newer_ones(world: World) -> None:
    world.release(BEFORE)
    kill_at(world, AFTER, "journal-written")
    release = resume(world.target, world.ledger)
    assert release
    assert (release.number, release.who) == (2, "A <a@example.org>")
    assert world.agree()
    assert resume(world.target, world.ledger) is None


def test_a_kill_after_the_release_leaves_only_the_journal_to_close(world: World) -> None:
    world.release(BEFORE)
    kill_at(world, AFTER, "released")
    assert world.agree()
    release = resume(world.target, world.ledger)
    assert release == world.ledger.last()
    assert world.target.journal.pending() is None


def test_an_interrupted_apply_gives_way_to_a_release_that_came_between(world: World) -> None:
    world.release(BEFORE)
    kill_at(world, AFTER, "artifact-placed")
    last = world.ledger.last()
    assert last
    world.ledger.commit(replace(last, number=2, parent=last.commit, who="B"), {})
    assert resume(world.target, world.ledger) is None
    assert not world.agree()
    world.release(BEFORE)
    assert world.agree()


def test_an_open_journal_bars_new_plans(world: World) -> None:
    world.release(BEFORE)
    kill_at(world, AFTER, "journal-written")
    with pytest.raises(StaleError, match="interrupted"):
        world.release(AFTER)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"bundle": {}}'])
def test_a_damaged_journal_is_told(world: World, damage: bytes) -> None:
    world.release(BEFORE)
    (world.folder / "journal.json").write_bytes(damage)
    with pytest.raises(LedgerError, match="cannot be read") as error:
        resume(world.target, world.ledger)
    assert "delete it" in error.value.hint


def test_a_second_apply_during_the_first_is_refused(world: World) -> None:
    bundle = world.plan(BEFORE)
    with world.target.hold(), pytest.raises(LedgerError, match="another apply is running") as error:
        world.apply(bundle)
    assert str(os.getpid()) in error.value.message
    world.apply(bundle)


def test_the_lock_of_a_killed_process_is_no_obstacle(world: World) -> None:
    kill_at(world, BEFORE, "journal-written")
    assert (world.folder / "apply.lock").read_text().isdigit()
    assert resume(world.target, world.ledger)


def test_a_plan_for_an_older_release_is_refused_untouched(world: World) -> None:
    world.release(BEFORE)
    stale = world.plan(AFTER)
    world.release({"a": Spec()})
    with pytest.raises(StaleError, match="starts from release 1, but local is at release 2"):
        world.apply(stale)
    assert world.agree()


def test_a_plan_for_another_live_state_is_refused_untouched(world: World) -> None:
    world.release(BEFORE)
    stale = world.plan(AFTER)
    (world.folder / "artifacts/batch-sql/audit/b.sql").write_text("by hand")
    with pytest.raises(StaleError, match="changed since the plan was made"):
        world.apply(stale)
    assert len(world.ledger.releases()) == 1


class Overtaken:
    """A ledger on which another release always arrives just before ours."""

    def __init__(self, world: World) -> None:
        self._ledger = world.ledger

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)

    def commit(
        self,
        release: Release,
        files: dict[str, bytes],
        events: Sequence[LedgerEvent],
        content_of: str,
    ) -> Release:
        last = self._ledger.last()
        assert last
        self._ledger.commit(replace(last, number=2, parent=last.commit, who="B"), {})
        return self._ledger.commit(release, files, events, content_of)


def test_who_loses_the_race_at_the_very_end_sees_drift_and_heals(world: World) -> None:
    world.release(BEFORE)
    order = Order(world.plan(AFTER), "A")
    with pytest.raises(StaleError) as error:
        apply(order, world.target, Overtaken(world))  # type: ignore[arg-type] # by __getattr__
    assert "drift" in error.value.hint
    assert resume(world.target, world.ledger) is None
    world.release(AFTER)
    assert world.agree()
    assert [r.who[0] for r in world.ledger.releases()] == ["A", "B", "A"]


def test_a_plan_with_problems_is_never_applied(world: World) -> None:
    world.release(BEFORE)
    no = Refused("id-a", "a", "batch-sql", "audit", "Regex notyet", 1)
    rest = {k: v for k, v in AFTER.items() if k != "a"}
    with pytest.raises(LedgerError, match="cannot be compiled") as error:
        world.apply(world.plan(rest, no))
    assert error.value.exit_code == 1
    assert world.agree()


@pytest.mark.parametrize("folder", ["/proc/tocsin", "/dev/null/x"])
def test_a_folder_that_cannot_be_written_is_a_setting_to_mend(world: World, folder: str) -> None:
    target = LocalTarget(Path(folder), "local")
    with pytest.raises(ConfigError, match="cannot use") as error:
        apply(Order(world.plan(BEFORE), "A"), target, world.ledger)
    assert "tocsin.toml" in error.value.hint
    assert world.ledger.last() is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(world: World) -> None:
    world.release(BEFORE)
    bundle = world.plan(AFTER)
    place = world.folder / "artifacts/batch-sql/audit"
    place.chmod(0o555)
    try:
        with pytest.raises(ConfigError, match="Permission denied"):
            world.apply(bundle)
    finally:
        place.chmod(0o755)
    assert resume(world.target, world.ledger)
    assert world.agree()


@pytest.mark.parametrize("path", ["../../evil", "x/../../evil", "/tmp/evil", ""])  # noqa: S108 - never written
def test_artifacts_never_leave_their_folder(world: World, path: str) -> None:
    [entry] = desired({"a": Spec()}).entries
    with pytest.raises(ConfigError, match="leaves"):
        world.target.place(Deploy(replace(entry, path=path)), b"x")


def test_a_link_in_an_artifacts_place_is_replaced_not_followed(
    world: World, tmp_path: Path
) -> None:
    world.release(BEFORE)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    place = world.folder / "artifacts/batch-sql/audit/a.sql"
    place.unlink()
    place.symlink_to(victim)
    world.release(BEFORE)
    assert world.agree()
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("damage", [b"", b"[]", b"{", b'{"form": 2, "release": 1}'])
def test_a_damaged_table_is_drift_and_is_repaired(world: World, damage: bytes) -> None:
    world.release(BEFORE)
    (world.folder / "live.json").write_bytes(damage)
    assert not world.agree()
    release = world.release(BEFORE)
    assert release.counts == {Action.REPAIRED: 3}
    assert world.agree()
