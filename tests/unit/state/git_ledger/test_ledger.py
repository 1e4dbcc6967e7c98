"""The git ledger: releases as commits, compare-and-swap, and the user's work left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploying import Spec, World, git
from tocsin.errors import ConfigError, LedgerError, StaleError
from tocsin.release.entry import Action
from tocsin.state.git_ledger import GitLedger


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "repo")


def test_a_release_holds_bytes_record_and_parent(world: World) -> None:
    first = world.release({"a": Spec(), "b": Spec(body="b2")})
    second = world.release({"a": Spec(), "b": Spec(logic="l2", body="b3", version=2)})

    assert git(world.root, "rev-parse", "tocsin/local") == second.commit
    assert git(world.root, "rev-parse", "tocsin/local^") == first.commit == second.parent
    files = git(world.root, "ls-tree", "-r", "--name-only", "tocsin/local").split()
    artifacts = ["artifacts/batch-sql/audit/a.sql", "artifacts/batch-sql/audit/b.sql"]
    assert files == [*artifacts, "plan.json", "release.json"]
    assert git(world.root, "show", "tocsin/local:artifacts/batch-sql/audit/b.sql") == "b3"
    assert world.ledger.releases() == [second, first]
    assert [e.action for e in second.entries] == [Action.UNCHANGED, Action.CHANGED]
    assert second.number == 2


def test_bytes_come_back_as_they_were(world: World) -> None:
    git(world.root, "config", "core.autocrlf", "true")
    (world.root / ".gitattributes").write_text("* text eol=crlf ident\n")
    body = "select 1 -- $Id$\r\n\n\x00é\n"
    release = world.release({"a": Spec(body=body)})
    assert list(world.ledger.bodies(release, release.entries).values()) == [body.encode()]


def test_work_tree_index_and_head_stay_untouched(world: World) -> None:
    (world.root / "note").write_text("staged")
    git(world.root, "add", "note")
    (world.root / "note").write_text("edited after staging")
    before = git(world.root, "status", "--porcelain=2", "--branch")
    world.release({"a": Spec()})
    assert git(world.root, "status", "--porcelain=2", "--branch") == before
    assert git(world.root, "symbolic-ref", "HEAD") == "refs/heads/main"


def test_variables_of_a_git_hook_do_not_lead_astray(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = World(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git" / "index"))
    world.release({"a": Spec()})
    monkeypatch.undo()
    assert world.ledger.last() is not None
    assert other.ledger.last() is None


def test_the_second_of_two_releases_on_one_base_loses(world: World) -> None:
    world.release({"a": Spec()})
    plan = world.plan({"a": Spec(logic="l2", body="b2")}).plan
    last = world.ledger.last()
    assert last
    ours = replace(last, number=2, parent=last.commit, plan=plan.digest)
    winner = world.ledger.commit(ours, {})
    with pytest.raises(StaleError, match="came first"):
        world.ledger.commit(ours, {})
    assert world.ledger.last() == winner


def test_the_first_release_is_compared_and_swapped_too(world: World) -> None:
    release = world.release({"a": Spec()})
    first = replace(release, parent="", who="someone else")
    files = {f"artifacts/{release.entries[0].path}": b"b1"}
    with pytest.raises(StaleError):
        world.ledger.commit(first, files)


def test_an_artifact_that_the_parent_lacks_is_never_forgotten(world: World) -> None:
    release = world.release({"a": Spec()})
    lost = replace(release, number=2, parent=release.commit, entries=(
        replace(release.entries[0], path="batch-sql/audit/lost.sql"),
    ))  # fmt: skip
    with pytest.raises(LedgerError, match="does not hold the artifact"):
        world.ledger.commit(lost, {})


def test_no_git_repository_is_told_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="not in a git repository") as error:
        GitLedger(tmp_path, "local")
    assert "git init" in error.value.hint


@pytest.mark.parametrize("name", ["", "a b", "../up", "-x", "a..b", "x.lock", "a/b", "é", "a\n"])
def test_environments_that_cannot_name_a_branch_are_refused(world: World, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot name a branch"):
        GitLedger(world.root, name)


def test_a_branch_in_the_way_is_an_error_in_words(world: World) -> None:
    git(world.root, *_author(), "commit", "-q", "--allow-empty", "-m", "x")
    git(world.root, "branch", "tocsin")
    with pytest.raises(LedgerError, match="update-ref failed"):
        world.release({"a": Spec()})


def test_another_project_is_not_overwritten(world: World) -> None:
    world.release({"a": Spec()})
    other = GitLedger(world.root, "local", project="logistics")
    with pytest.raises(LedgerError, match="project 'payments', not of 'logistics'"):
        other.last()


def test_who_comes_from_git_or_the_system(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    monkeypatch.setenv("LOGNAME", "mira")
    assert world.ledger.who() == "mira <mira@localhost>"
    git(world.root, "config", "user.name", "Mira K")
    git(world.root, "config", "user.email", "mira@example.org")
    assert world.ledger.who() == "Mira K <mira@example.org>"
    world.release({"a": Spec()})
    assert git(world.root, "log", "-1", "--format=%an <%ae>", "tocsin/local") == world.ledger.who()


def test_revision_tells_uncommitted_changes_of_the_project_alone(world: World) -> None:
    project = world.root / "detections"
    project.mkdir()
    (project / "rule.yml").write_text("a")
    repository = world.ledger.repository
    assert str(repository.revision(project)) == "no commit + uncommitted changes"
    git(world.root, "add", ".")
    git(world.root, *_author(), "commit", "-q", "-m", "x")
    (world.root / "elsewhere").write_text("b")
    revision = repository.revision(project)
    assert (revision.commit, revision.dirty) == (git(world.root, "rev-parse", "HEAD"), False)
    (project / "rule.yml").write_text("c")
    assert repository.revision(project).dirty


class TestRemote:
    """Two clones share one branch through a bare repository."""

    @pytest.fixture
    def worlds(self, tmp_path: Path) -> tuple[World, World]:
        git(tmp_path, "init", "-q", "--bare", "hub.git")
        made = []
        for name in ("here", "there"):
            world = World(tmp_path / name, remote="origin")
            git(world.root, "remote", "add", "origin", f"file://{tmp_path}/hub.git")
            made.append(world)
        return made[0], made[1]

    def test_a_release_reaches_the_other_clone(self, worlds: tuple[World, World]) -> None:
        here, there = worlds
        first = here.release({"a": Spec()})
        assert there.ledger.last() == first
        second = there.release({"a": Spec(), "b": Spec(body="b2")})
        assert here.ledger.last() == second

    def test_the_slower_push_loses(self, worlds: tuple[World, World]) -> None:
        here, there = worlds
        slow = here.ledger
        winner = there.release({"a": Spec()})
        with pytest.raises(StaleError, match="reached origin first"):
            slow.commit(replace(winner, parent="", entries=()), {})
        assert slow.last() == winner
        assert here.ledger.last() == winner

    def test_what_was_released_alone_is_pushed_with_the_next(
        self, worlds: tuple[World, World]
    ) -> None:
        here, there = worlds
        World(here.root).release({"a": Spec()})
        second = here.release({"a": Spec(), "b": Spec(body="b2")})
        assert there.ledger.releases() == World(here.root).ledger.releases()
        assert second.number == 2

    def test_parted_branches_are_left_to_people(self, worlds: tuple[World, World]) -> None:
        here, there = worlds
        World(here.root).release({"a": Spec()})
        there.release({"b": Spec()})
        with pytest.raises(LedgerError, match="has diverged"):
            _ = here.ledger

    def test_a_remote_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        world = World(tmp_path / "repo", remote="origin")
        with pytest.raises(LedgerError, match="ls-remote failed"):
            _ = world.ledger


def _author() -> tuple[str, ...]:
    return ("-c", "user.name=A", "-c", "user.email=a@example.org")
