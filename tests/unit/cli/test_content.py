"""The ledger alone tells everything: the files of the project are in each release."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from deploying import World, git
from tocsin.canonical import digest
from tocsin.cli.main import main_group
from tocsin.deploy.local import LocalTarget
from tocsin.errors import ConfigError
from unit.cli.commands.test_shadow import NEWER, shadow_beside
from unit.cli.payments import Run, rule
from unit.state.git_ledger.test_ledger_made_before import project
from unit.state.git_ledger.test_ledger_made_before import run as run_before
from unit.state.test_verify import rewrite

__all__ = ["project"]  # a fixture

RULE = "rules/payments/payout-changed.yml"


def tocsin(command: str) -> Result:
    return CliRunner().invoke(main_group, command.split())


def stored(root: Path, path: str, commit: str = "tocsin/local") -> bytes:
    command = ["git", "-C", str(root), "show", f"{commit}:content/{path}"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def record(root: Path, commit: str = "tocsin/local") -> dict[str, Any]:
    return dict(json.loads(git(root, "show", f"{commit}:release.json")))


def text(release: int, name: str = "payout-changed") -> str:
    result = tocsin(f"history {name} --env local --text {release}")
    assert result.exit_code == 0, result.exception
    return result.stdout


def sound(run: Run) -> bool:
    return "digests and chain fit" in run("verify").stdout


def test_a_release_holds_the_files_of_the_project(run: Run, root: Path) -> None:
    cases = root / "detections/rules/payments/payout-changed.test.yml"
    cases.write_text("cases: [{name: more, events: [{at: 0s, action: b}], expect: {alerts: 0}}]\n")
    values = root / "detections/placeholders/admins.txt"
    values.parent.mkdir()
    values.write_text("a\nb\n")
    run("lock")
    run("apply --yes")
    listed = git(root, "ls-tree", "-r", "--name-only", "tocsin/local:content").split()
    below = root / "detections"
    assert listed == sorted(str(p.relative_to(below)) for p in below.rglob("*") if p.is_file())
    assert all(stored(root, path) == (below / path).read_bytes() for path in listed)
    assert record(root)["form"] == 2
    assert text(1).startswith(f"# {RULE}\n")
    assert "name: more" in text(1)
    assert sound(run)


def test_releases_share_what_they_have_in_common(run: Run, root: Path) -> None:
    run("apply --yes")
    before = git(root, "count-objects")
    rule(root, "payout-changed", "action: payout.replace")
    run("apply --yes")
    objects = int(git(root, "count-objects").split()[0]) - int(before.split()[0])
    # A rule and its artifact, plan, release and tests; the folders above; the commit.
    assert objects <= 5 + 7 + 1
    trees = [git(root, "rev-parse", f"tocsin/local{at}:content/sources") for at in ("", "^")]
    assert trees[0] == trees[1]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"content/{RULE}", "content/ does not hold the files that were released"),
        ("content/tocsin.toml", "content/ does not hold the files that were released"),
        ("content/more", "content/ does not hold the files that were released"),
        ("more", "more is not part of the release"),
        ("approvals/1.json", "approvals/1.json is not part of the release"),
    ],
)
def test_what_lies_beside_is_sealed(run: Run, root: Path, path: str, message: str) -> None:
    run("apply --yes")
    world = World(root)
    forged = rewrite(world, "tocsin/local", path, b"evil")
    git(root, "update-ref", "refs/heads/tocsin/local", forged)
    assert message in run("verify", code=1).stdout


def test_a_release_of_form_2_is_none_of_form_1(run: Run, root: Path) -> None:
    """Who takes the form away takes the digests away, and what they were of is found."""
    run("apply --yes")
    told = record(root)
    for name in ("form", "content", "beside", "earlier", "seal"):
        del told[name]
    forged = json.dumps({**told, "seal": digest(told)}).encode()
    commit = rewrite(World(root), "tocsin/local", "release.json", forged)
    git(root, "update-ref", "refs/heads/tocsin/local", commit)
    assert "content/ does not hold the files" in run("verify", code=1).stdout


class TestRollback:
    @pytest.fixture(autouse=True)
    def three_releases(self, run: Run, root: Path) -> None:
        for number in (1, 2, 3):
            rule(root, "payout-changed", f"action: payout.{number}")
            rule(root, "refund-abroad", f"action: refund.{number}")
            run("lock")
            run("apply --yes")

    def test_of_all(self, run: Run, root: Path) -> None:
        run("rollback --to 1 --yes")
        trees = [git(root, "rev-parse", f"tocsin/local{at}:content") for at in ("", "~3")]
        assert trees[0] == trees[1]
        assert "payout.1" in text(4)
        assert record(root)["content"] == record(root, "tocsin/local~3")["content"]
        assert sound(run)

    def test_of_one_detection(self, run: Run, root: Path) -> None:
        run("rollback payout --to 1 --yes")
        assert "payout.1" in text(4)
        assert "refund.3" in text(4, "refund")
        assert list(record(root)["earlier"].values()) == [1]
        run("rollback refund --yes")
        assert "payout.1" in text(5)
        assert "refund.2" in text(5, "refund")
        run("rollback payout --to 3 --yes")
        assert "payout.3" in text(6)
        assert sound(run)
        run("apply --yes")
        assert record(root)["earlier"] == {}
        assert "refund.3" in text(7, "refund")

    def test_a_repair_takes_it_over(self, run: Run, root: Path) -> None:
        (root / ".tocsin/local/artifacts").rename(root / "away")
        run("status --fix --out repair.json")
        run("apply --plan repair.json")
        trees = [git(root, "rev-parse", f"tocsin/local{at}:content") for at in ("", "^")]
        assert trees[0] == trees[1]
        assert sound(run)


def test_a_live_form_beside_one_in_shadow_has_its_own_text(run: Run, root: Path) -> None:
    shadow_beside(root, run)
    assert "amount|gte" not in text(2)
    assert "amount|gte" in stored(root, RULE).decode()
    assert list(record(root)["earlier"].values()) == [1]
    path = rule(root, "payout-changed", NEWER, mode="shadow")
    path.write_text(path.read_text() + "  promote: {after: 72h}\n")
    result = tocsin("promote payout-changed --to local --force --yes")
    assert result.exit_code == 0, result.output
    assert "amount|gte" in text(3)
    assert record(root)["earlier"] == {}
    assert sound(run)


def test_an_interrupted_apply_records_what_it_began_with(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LocalTarget, "activate", killed)
        tocsin("apply --env local --yes")
    rule(root, "payout-changed", "action: something.else")
    run("apply --yes")
    assert "payout.update" in text(1)
    assert "something.else" in text(2)
    assert sound(run)


def test_names_that_git_does_not_keep_are_told_before_anything_is_deployed(root: Path) -> None:
    hidden = root / "detections/rules/.GIT/x.yml"
    hidden.parent.mkdir()
    (root / "detections" / RULE).rename(hidden)
    result = tocsin("apply --env local --yes")
    assert isinstance(result.exception, ConfigError)
    assert "git keeps nothing in '.GIT'" in result.exception.message
    assert not (root / ".tocsin/local/live.json").exists()


def test_text_of_what_no_release_has(run: Run, root: Path) -> None:
    run("apply --yes")
    for command in ("history payout --text 9", "history --text 1", "history nothing --text 1"):
        assert isinstance(tocsin(f"{command} --env local").exception, ConfigError)
    told = json.loads(run("history payout --text 1 --format json").stdout)
    assert told == {RULE: (root / "detections" / RULE).read_text()}


def test_a_ledger_of_form_1_is_continued(project: Path) -> None:
    run_before(project, "apply", "--yes")
    release = record(project)
    assert (release["form"], release["number"]) == (2, 3)
    run_before(project, "rollback", "--to", "1", "--yes")
    release = record(project)
    assert (release["form"], release["content"]) == (2, "")
    assert "4 releases" in run_before(project, "verify").output
    command = ["history", "admin_role_granted", "--text", "4", "--env", "local"]
    shown = CliRunner().invoke(main_group, [*command, "--project", str(project)])
    assert isinstance(shown.exception, ConfigError)
    assert "release 4 does not hold the file" in shown.exception.message
