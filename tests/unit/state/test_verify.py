"""Every way to tamper with a ledger that a digest or the chain can show is found."""

from __future__ import annotations

import hashlib
import json
import shutil
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from deploying import Spec, World, git
from tocsin.errors import LedgerError
from tocsin.state.ledger_event import DriftFound, grown, read
from tocsin.state.verify import LedgerReport, verify

STATES = [
    {"a": Spec(), "b": Spec(body="b2")},
    {"a": Spec(logic="l2", body="b3", version=2), "b": Spec(body="b2")},
    {"a": Spec(logic="l2", body="b3", version=2), "c": Spec(body="b4")},
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World(tmp_path_factory.mktemp("ledger") / "repo")
    for state in STATES:
        world.release(state)
    return world.root


@pytest.fixture
def told(world: World) -> World:
    """Two events before the last release, one with it, two after it."""
    git(world.root, "update-ref", "refs/heads/tocsin/local", "tocsin/local^")
    for number in range(4):
        if number == 2:
            world.apply(world.plan(STATES[2]))
        world.ledger.record(DriftFound(release=2, number=1, found=(f"missing: {number}",)))
    return world


@pytest.fixture
def world(template: Path, tmp_path: Path) -> World:
    shutil.copytree(template, tmp_path / "repo")
    return World(tmp_path / "repo")


def messages(verdict: LedgerReport) -> str:
    return "\n".join(f"{f.release}: {f.message}" for f in verdict.findings)


def rewrite(world: World, commit: str, path: str, data: bytes) -> str:
    """A commit like this one, with the same parent, but with one file replaced."""
    git_dir = world.root / ".git"
    store = b"blob %d\0" % len(data) + data
    blob = hashlib.sha1(store, usedforsecurity=False).hexdigest()
    place = git_dir / "objects" / blob[:2] / blob[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(zlib.compress(store))
    git(world.root, "read-tree", commit)
    git(world.root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    tree = git(world.root, "write-tree")
    parents = git(world.root, "log", "-1", "--format=%P", commit).split()
    given = [word for parent in parents for word in ("-p", parent)]
    author = ("-c", "user.name=M", "-c", "user.email=m@example.org")
    return git(world.root, *author, "commit-tree", *given, "-m", "x", tree)


def move(world: World, commit: str) -> None:
    git(world.root, "update-ref", "refs/heads/tocsin/local", commit)


def test_a_sound_ledger_is_sound(world: World) -> None:
    report = verify(world.ledger)
    assert (report.releases, report.artifacts, report.findings) == (3, 6, ())
    assert report.verdict == "unproven"


def test_an_empty_ledger_is_sound(tmp_path: Path) -> None:
    assert verify(World(tmp_path / "repo").ledger) == LedgerReport(0, 0, ())


def test_an_artifact_in_a_new_commit(world: World) -> None:
    move(world, rewrite(world, "tocsin/local", "artifacts/batch-sql/audit/a.sql", b"evil"))
    found = messages(verify(world.ledger))
    assert found == "3: artifacts/batch-sql/audit/a.sql is not the artifact that was released"


def test_an_artifact_rewritten_in_place_in_an_old_release(world: World) -> None:
    first = world.ledger.releases()[-1]
    blob = git(world.root, "rev-parse", f"{first.commit}:artifacts/batch-sql/audit/a.sql")
    place = world.root / ".git" / "objects" / blob[:2] / blob[2:]
    place.chmod(0o644)
    place.write_bytes(zlib.compress(b"blob 4\0evil"))
    found = messages(verify(world.ledger))
    assert f"1: git object {blob[:12]} (blob) was rewritten" in found
    assert "1: artifacts/batch-sql/audit/a.sql is not the artifact that was released" in found


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("who", "Mallory", "its seal is wrong"),
        ("made", "2020-01-01T00:00:00+00:00", "its seal is wrong"),
        ("approvals", ["the boss"], "its seal is wrong"),
        ("number", 7, "the plan was made for another base release"),
        ("environment", "prod", "a release of environment 'prod'"),
        ("plan", "0" * 64, "plan.json is not the plan that was released"),
        ("parent", "0" * 40, "parent is not the release that release.json names"),
        ("entries", [], "release.json does not list what the plan deployed"),
        ("surprise", 1, "cannot be read: surprise"),
    ],
)
def test_an_edited_record(world: World, field: str, value: object, message: str) -> None:
    record = json.loads(git(world.root, "show", "tocsin/local:release.json"))
    edited = json.dumps({**record, field: value}).encode()
    move(world, rewrite(world, "tocsin/local", "release.json", edited))
    assert message in messages(verify(world.ledger))


def test_an_edited_release_is_not_built_on(world: World) -> None:
    record = json.loads(git(world.root, "show", "tocsin/local:release.json"))
    record["approvals"] = ["the boss"]
    last = world.ledger.releases()[0]
    move(world, rewrite(world, "tocsin/local", "release.json", json.dumps(record).encode()))
    refused = pytest.raises(LedgerError, match=r"release 3 was edited .*: its seal is wrong")
    with refused:
        world.ledger.last()
    with refused:
        edited = replace(last, commit=git(world.root, "rev-parse", "tocsin/local"))
        world.ledger.bodies(edited, edited.entries)


@pytest.mark.parametrize("path", ["plan.json", "release.json"])
@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'"x"', b"\xff"])
def test_a_record_that_is_none(world: World, path: str, data: bytes) -> None:
    move(world, rewrite(world, "tocsin/local", path, data))
    assert f"{path} cannot be read" in messages(verify(world.ledger)) or (
        "the release in commit" in messages(verify(world.ledger))
    )


def test_an_edited_plan(world: World) -> None:
    plan = json.loads(git(world.root, "show", "tocsin/local:plan.json"))
    plan["reason"] = "nothing to see"
    move(world, rewrite(world, "tocsin/local", "plan.json", json.dumps(plan).encode()))
    assert messages(verify(world.ledger)).startswith("3: plan.json is not the plan")


def test_a_stowaway(world: World) -> None:
    move(world, rewrite(world, "tocsin/local", "artifacts/batch-sql/audit/z.sql", b"x"))
    assert "z.sql belongs to no detection" in messages(verify(world.ledger))


def test_a_dropped_release_in_the_middle(world: World) -> None:
    tree = git(world.root, "rev-parse", "tocsin/local^{tree}")
    first = world.ledger.releases()[-1].commit
    author = ("-c", "user.name=M", "-c", "user.email=m@example.org")
    move(world, git(world.root, *author, "commit-tree", "-p", first, "-m", "x", tree))
    found = messages(verify(world.ledger))
    assert "3: the commit's parent is not the release that release.json names" in found
    assert "1: release 3 follows it: numbers are missing or repeated" in found


def test_dropped_first_releases(world: World) -> None:
    tree = git(world.root, "rev-parse", "tocsin/local^{tree}")
    author = ("-c", "user.name=M", "-c", "user.email=m@example.org")
    move(world, git(world.root, *author, "commit-tree", "-m", "x", tree))
    assert "release 1 is missing: the chain is cut off" in messages(verify(world.ledger))


def test_a_replaced_object_does_not_deceive(world: World) -> None:
    evil = rewrite(world, "tocsin/local", "artifacts/batch-sql/audit/a.sql", b"evil")
    git(world.root, "replace", git(world.root, "rev-parse", "tocsin/local"), evil)
    assert git(world.root, "show", "tocsin/local:artifacts/batch-sql/audit/a.sql") == "evil"
    assert verify(world.ledger).findings == ()
    last = world.ledger.last()
    assert last
    assert world.ledger.bodies(last, last.entries[:1])[last.entries[0].artifact] == b"b3"


@pytest.mark.parametrize("what", ["commit", "tree", "blob"])
def test_lost_objects(world: World, what: str) -> None:
    middle = world.ledger.releases()[1].commit
    name = {"commit": middle, "tree": f"{middle}^{{tree}}", "blob": f"{middle}:release.json"}
    lost = git(world.root, "rev-parse", name[what])
    (world.root / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    assert verify(world.ledger).findings


def test_garbage_in_the_place_of_an_object(world: World) -> None:
    lost = git(world.root, "rev-parse", "tocsin/local:release.json")
    place = world.root / ".git" / "objects" / lost[:2] / lost[2:]
    place.chmod(0o644)
    place.write_bytes(b"no zlib")
    assert "is missing or unreadable" in messages(verify(world.ledger))


class TestEvents:
    def log(self, world: World, commit: str = "tocsin/local") -> bytes:
        return git(world.root, "show", f"{commit}:events.jsonl").encode() + b"\n"

    def test_a_sound_one(self, told: World) -> None:
        report = verify(told.ledger)
        assert (report.releases, report.events, report.findings) == (3, 5, ())

    def test_an_event_taken_out(self, told: World) -> None:
        lines = self.log(told).splitlines(keepends=True)
        move(told, rewrite(told, "tocsin/local", "events.jsonl", b"".join(lines[:1] + lines[2:])))
        found = messages(verify(told.ledger))
        assert "event 2 does not follow the one before it" in found
        assert "events that stood here are gone or changed in the commit after it" in found

    def test_a_log_that_is_made_anew(self, told: World) -> None:
        """All digests fit, and yet what the commit before has is not there."""
        log = grown(b"", read(self.log(told))[1:], {})
        move(told, rewrite(told, "tocsin/local", "events.jsonl", log))
        assert "events that stood here are gone or changed" in messages(verify(told.ledger))

    def test_a_log_that_is_cut(self, told: World) -> None:
        move(told, rewrite(told, "tocsin/local", "events.jsonl", self.log(told, "tocsin/local~2")))
        found = messages(verify(told.ledger))
        assert "events that stood here are gone or changed" in found

    @pytest.mark.parametrize("path", ["artifacts/batch-sql/audit/a.sql", "plan.json", "more"])
    def test_a_commit_of_events_that_changes_something_else(self, told: World, path: str) -> None:
        move(told, rewrite(told, "tocsin/local", path, b"evil"))
        assert f"the commit is not a release, and changes {path}" in messages(verify(told.ledger))

    def test_a_commit_that_adds_nothing(self, told: World) -> None:
        tree = git(told.root, "rev-parse", "tocsin/local^{tree}")
        author = ("-c", "user.name=M", "-c", "user.email=m@example.org")
        command = ("commit-tree", "-p", "tocsin/local", "-m", "x", tree)
        move(told, git(told.root, *author, *command))
        assert "the commit is not a release, and adds no event" in messages(verify(told.ledger))

    def test_the_release_under_events_is_checked(self, told: World) -> None:
        release = told.ledger.releases()[0].commit
        edited = rewrite(told, release, "artifacts/batch-sql/audit/a.sql", b"evil")
        move(told, edited)
        assert "a.sql is not the artifact" in messages(verify(told.ledger))

    def test_a_log_without_a_release_is_no_ledger_of_another_kind(self, tmp_path: Path) -> None:
        world = World(tmp_path / "repo")
        world.ledger.record(DriftFound(release=0, number=0, found=()))
        report = verify(world.ledger)
        assert (report.releases, report.events, report.findings) == (0, 1, ())
