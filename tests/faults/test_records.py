"""Records that are damaged, or forged: a finding or an error in our words, never a crash."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deploying import Spec, World, git
from faults.fuzz_records import tried
from tocsin.errors import ConfigError, LedgerError
from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.read import read_history
from tocsin.state.lock import read_lock
from tocsin.state.release import decode, encode
from tocsin.state.verify import verify

HERE = Path(__file__).parent / "security"
BODY = "artifacts/batch-sql/audit/a.sql"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "repo")
    world.release({"a": Spec()})
    return world


def test_a_version_of_thousands_of_digits(tmp_path: Path) -> None:
    (tmp_path / "tocsin.lock").write_bytes((HERE / "lock_long_version.lock").read_bytes())
    with pytest.raises(ConfigError, match=r"tocsin\.lock:1: not a line of a lock file"):
        read_lock(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("made", made) for made in ("garbage", "", "2026-11-30", "0001-01-01T00:00:00+23:59")),
        *(("made", made) for made in ("9999-12-31T23:59:59-23:59", "2026-11-30T00:00:00")),
        *(("number", number) for number in (0, -1, 10**30, 1.5, True, "x", None)),
        *(("who", who) for who in ("\ud800", 5)),
    ],
)
def test_a_release_with_a_value_that_is_none(world: World, key: str, value: object) -> None:
    last = world.ledger.last()
    assert last
    record = {**json.loads(encode(last)), key: value}
    with pytest.raises(LedgerError, match="cannot be read"):
        decode(json.dumps(record).encode(), last.commit)


def test_a_release_at_a_time_that_is_none(world: World) -> None:
    """What `coverage --at` asks: the damage is named, by `verify` too."""
    last = world.ledger.last()
    assert last
    forged = encode(replace(last, made="garbage"))
    _rewrite(world, "release.json", forged)
    with pytest.raises(LedgerError, match="made") as refused:
        read_history(world.ledger, AskedPeriod("2026-11-30"))
    assert "verify" in refused.value.hint
    assert any("made" in finding.message for finding in verify(world.ledger).findings)


@pytest.mark.parametrize(
    ("mode", "told"),
    [("120000", "a link"), ("100755", "a program"), ("160000", "a submodule")],
)
@pytest.mark.parametrize("path", [BODY, "release.json", "plan.json", "artifacts/more"])
def test_what_is_no_plain_file_in_the_ledger_is_damage(
    world: World, path: str, mode: str, told: str
) -> None:
    head = world.ledger.branch.head()
    body = git(world.root, "rev-parse", f"{head}:{BODY if path.endswith('more') else path}")
    _commit(world, path, mode, head if mode == "160000" else body)
    messages = [finding.message for finding in verify(world.ledger).findings]
    assert f"{path} is {told}, not a plain file" in messages


def _rewrite(world: World, path: str, data: bytes) -> None:
    command = ["git", "-C", str(world.root), "hash-object", "-w", "--stdin"]
    blob = subprocess.run(command, input=data, check=True, capture_output=True).stdout.decode()
    _commit(world, path, "100644", blob.strip())


def _commit(world: World, path: str, mode: str, name: str) -> None:
    """The last release once more, with another entry at a path of its tree."""
    branch = world.ledger.branch.name
    git(world.root, "read-tree", branch)
    git(world.root, "update-index", "--add", "--cacheinfo", f"{mode},{name},{path}")
    tree = git(world.root, "write-tree")
    person = ("-c", "user.name=A", "-c", "user.email=a@b")
    new = git(world.root, *person, "commit-tree", tree, "-m", "again")
    git(world.root, "update-ref", f"refs/heads/{branch}", new)


def test_mutated_records_are_read_or_refused(tmp_path: Path) -> None:
    found = list(tried(1000, 7, tmp_path))
    assert [each for each in found if each[2] not in ("read", "refused")] == []
    assert {name for name, _, became, _ in found if became == "read"} == {
        *("tocsin.lock", "tocsin.toml", "live.json", "release.json", "plan.json"),
    }
