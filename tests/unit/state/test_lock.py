"""The version lock: derived, sorted, one line per detection, merges by lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploying import git
from tocsin.errors import ConfigError
from tocsin.plan.desired import stale_lock
from tocsin.state.lock import FILE, Identity, Lock, read_lock

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def lock(*detections: Identity, after: Lock | None = None) -> Lock:
    return (after or Lock()).updated(detections)


def test_versions_follow_the_logic() -> None:
    one = lock(Identity("x", "1", A), Identity("y", "2", B))
    two = lock(Identity("x", "1", C), Identity("y", "2", B), Identity("z", "3", C), after=one)
    assert {line.key: line.version for line in two.lines.values()} == {"x": 2, "y": 1, "z": 1}


def test_a_renamed_detection_keeps_its_version() -> None:
    one = lock(Identity("x", "1", A))
    two = lock(Identity("x", "1", B), after=one)
    renamed = lock(Identity("new", "1", B), after=two)
    assert str(renamed.lines["1"]) == f"new 1 v2 {B}"


def test_the_file_is_sorted_and_comes_back(tmp_path: Path) -> None:
    made = lock(Identity("b", "1", A), Identity("a", "2", B), Identity("odd key\n", "3", C))
    (tmp_path / FILE).write_text(made.render())
    lines = made.render().splitlines()[1:]
    assert [line.split(" ")[0] for line in lines] == ["a", "b", "odd%20key%0A"]
    assert read_lock(tmp_path) == made


def test_no_file_is_an_empty_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path) == Lock()


@pytest.mark.parametrize(
    "line", ["<<<<<<< HEAD", "x 1 v0 " + A, "x 1 v1 short", "x 1 v1", f"x 1 v1 {A} more", "\x00"]
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE).write_text(f"{lock(Identity('a', '2', B)).render()}{line}\n")
    with pytest.raises(ConfigError, match=r"tocsin.lock:3: "):
        read_lock(tmp_path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot read"):
        read_lock(tmp_path)


def test_staleness_names_the_detections() -> None:
    old = lock(Identity("x", "1", A), Identity("y", "2", B))
    assert stale_lock(old, [Identity("x", "1", A), Identity("y", "2", B)]) == ()
    [warning] = stale_lock(old, [Identity("x", "1", C), Identity("z", "3", B)])
    assert "3 detections (x, y, z)" in warning


def test_changes_of_two_branches_merge_without_conflict(tmp_path: Path) -> None:
    base = [Identity(f"rule-{n:02}", str(n), A) for n in range(12)]
    first = lock(*base)
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git(tmp_path, "init", "-q", "-b", "main")

    def commit(detections: list[Identity]) -> None:
        (tmp_path / FILE).write_text(lock(*detections, after=first).render())
        git(tmp_path, "add", FILE)
        git(tmp_path, *author, "commit", "-q", "-m", "x")

    commit(base)
    git(tmp_path, "checkout", "-q", "-b", "other")
    commit([Identity("rule-01", "1", B) if d.id == "1" else d for d in base])
    git(tmp_path, "checkout", "-q", "main")
    commit([Identity("rule-09", "9", C) if d.id == "9" else d for d in base])
    git(tmp_path, *author, "merge", "-q", "other", "-m", "merge")
    merged = read_lock(tmp_path)
    assert (merged.lines["1"].version, merged.lines["9"].version) == (2, 2)
