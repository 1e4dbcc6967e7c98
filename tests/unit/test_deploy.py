"""Apply: killed anywhere it converges, raced it refuses, and ledger and live state agree."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploying import Spec, State, World, apply_in, desired, git
from tocsin.deploy.apply import apply, resume
from tocsin.deploy.fault import POINTS
from tocsin.deploy.journal import Order
from tocsin.deploy.local import LocalTarget
from tocsin.errors import ConfigError, LedgerError, StaleError
from tocsin.plan import rollback
from tocsin.plan.build import Desired
from tocsin.plan.steps import Deploy, Refused
from tocsin.state.release import Action, Release
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

    def commit(self, release: Release, files: dict[str, bytes]) -> Release:
        last = self._ledger.last()
        assert last
        self._ledger.commit(replace(last, number=2, parent=last.commit, who="B"), {})
        return self._ledger.commit(release, files)


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


@pytest.mark.parametrize("damage", [b"", b"[]", b"{", b'{"release": "x", "detections": 1}'])
def test_a_damaged_table_is_drift_and_is_repaired(world: World, damage: bytes) -> None:
    world.release(BEFORE)
    (world.folder / "live.json").write_bytes(damage)
    assert not world.agree()
    release = world.release(BEFORE)
    assert release.counts == {Action.REPAIRED: 3}
    assert world.agree()


class TestRollback:
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        world = World(tmp_path / "repo")
        for number in (1, 2, 3):
            changing = Spec(logic=f"l{number}", body=f"body {number}", version=number)
            world.release({"payout": changing, "other": Spec(body=f"o{number}")})
        return world

    def body(self, world: World, key: str) -> str:
        return (world.folder / f"artifacts/batch-sql/audit/{key}.sql").read_text()

    def test_one_detection_goes_one_version_back_the_rest_stays(self, world: World) -> None:
        release = world.apply(world.towards(rollback.to_version(world.ledger, "payout", None)))
        assert (self.body(world, "payout"), self.body(world, "other")) == ("body 2", "o3")
        assert release.number == 4
        assert release.reason == "rollback of payout to v2"
        assert release.counts == {Action.CHANGED: 1, Action.UNCHANGED: 1}
        again = world.apply(world.towards(rollback.to_version(world.ledger, "payout", None)))
        assert (self.body(world, "payout"), again.number) == ("body 1", 5)
        with pytest.raises(ConfigError, match="no version before v1"):
            rollback.to_version(world.ledger, "payout", None)
        assert world.agree()
        assert verify(world.ledger).findings == ()

    def test_the_environment_goes_back_to_a_release(self, world: World) -> None:
        world.apply(world.towards(rollback.to_release(world.ledger, 1)))
        assert (self.body(world, "payout"), self.body(world, "other")) == ("body 1", "o1")
        assert world.agree()

    def test_a_removed_detection_comes_back(self, world: World) -> None:
        world.release({"other": Spec(body="o3")})
        world.apply(world.towards(rollback.to_version(world.ledger, "payout", None)))
        assert self.body(world, "payout") == "body 3"

    def test_where_it_already_is_there_is_nothing_to_do(self, world: World) -> None:
        assert world.towards(rollback.to_release(world.ledger, 3)).plan.steps == ()
        assert world.towards(rollback.to_version(world.ledger, "payout", 3)).plan.steps == ()

    def test_drift_is_repaired_on_the_way(self, world: World) -> None:
        (world.folder / "artifacts/batch-sql/audit/other.sql").unlink()
        world.apply(world.towards(rollback.to_version(world.ledger, "payout", 1)))
        assert (self.body(world, "payout"), self.body(world, "other")) == ("body 1", "o3")
        assert world.agree()

    @pytest.mark.parametrize("name", ["payout", "id-payout", "pay", "id-p"])
    def test_key_id_or_prefix_name_it(self, world: World, name: str) -> None:
        assert rollback.find(name, world.ledger.releases()).key == "payout"

    @pytest.mark.parametrize(("name", "message"), [("", "no release has"), ("id", "may be any of")])
    def test_names_that_do_not(self, world: World, name: str, message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            rollback.find(name, world.ledger.releases())

    def test_what_was_never_released(self, world: World, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="has no release 9") as error:
            rollback.to_release(world.ledger, 9)
        assert "releases 1 to 3" in error.value.hint
        with pytest.raises(ConfigError, match="payout has no v9"):
            rollback.to_version(world.ledger, "payout", 9)
        with pytest.raises(ConfigError, match="no release to go back to"):
            rollback.to_release(World(tmp_path / "empty").ledger, 1)

    def test_damaged_bytes_are_never_deployed(self, world: World) -> None:
        first = world.ledger.releases()[-1]
        place = f"{first.commit}:artifacts/batch-sql/audit/payout.sql"
        blob = git(world.root, "rev-parse", place)
        (world.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
        with pytest.raises(LedgerError, match="does not hold the recorded bytes of payout"):
            rollback.to_release(world.ledger, 1)


SPECS = st.builds(
    Spec,
    logic=st.sampled_from(["l1", "l2"]),
    body=st.sampled_from(["b1", "b2", "b3"]),
    title=st.sampled_from(["t1", "t2"]),
    mode=st.sampled_from(["live", "shadow"]),
    version=st.integers(1, 3),
    key=st.sampled_from(["", "x", "y"]),
)
STATES = st.dictionaries(st.sampled_from("abc"), SPECS, max_size=3).filter(
    lambda state: len({s.key or n for n, s in state.items()}) == len(state)
)
MOVES = st.one_of(
    STATES,
    st.integers(1, 6).map(lambda n: ("release", n)),
    st.sampled_from("abc").map(lambda n: ("detection", n)),
    st.sampled_from(["missing", "altered", "foreign", "table"]).map(lambda d: ("drift", d)),
)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@settings(max_examples=40, deadline=None)
@given(st.lists(MOVES, min_size=2, max_size=7))
def test_any_sequence_keeps_ledger_and_live_equal(
    nursery: Path, moves: list[dict[str, Spec] | tuple[str, int | str]]
) -> None:
    world = World(Path(tempfile.mkdtemp(dir=nursery)))
    state: dict[str, Spec] = {}
    for move in moves:
        if isinstance(move, dict):
            state = move
            bundle = world.plan(state)
        elif move[0] == "drift":
            spoil(world, str(move[1]))
            continue
        else:
            wanted = back(world, *move)
            if wanted is None:
                continue
            bundle = world.towards(wanted)
        if bundle.plan.steps:
            world.apply(bundle)
        assert world.agree()
        assert world.towards(_same(world)).plan.steps == ()
    verdict = verify(world.ledger)
    assert verdict.findings == ()


def back(world: World, kind: str, what: int | str) -> Desired | None:
    try:
        if kind == "release":
            return rollback.to_release(world.ledger, int(what))
        return rollback.to_version(world.ledger, f"id-{what}", None)
    except ConfigError:  # no such release or version yet
        return None


def spoil(world: World, how: str) -> None:
    """Change the live state behind the ledger's back."""
    place = world.folder / "artifacts"
    found = sorted(p for p in place.rglob("*") if p.is_file())
    if how == "foreign":
        (place / "odd").mkdir(parents=True, exist_ok=True)
        (place / "odd" / "file").write_text("x")
    elif how == "table":
        (world.folder / "live.json").unlink(missing_ok=True)
    elif found and how == "missing":
        found[0].unlink()
    elif found:
        found[-1].write_text("altered")


def _same(world: World) -> Desired:
    last = world.ledger.last()
    if last is None:
        return desired({})
    return rollback.to_release(world.ledger, last.number)
