"""The ledger's branch on its way through a pipeline: never begun anew, never written over."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from authoring import write
from deploying import git

CI = Path(__file__).parents[2] / ".ci"
BRANCH = "tocsin/prod"


def run(folder: Path, script: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(CI / script), *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def record(folder: Path, what: str, branch: str = BRANCH) -> str:
    """Another commit on the ledger's branch, as `apply` makes one."""
    person = ("-c", "user.name=A", "-c", "user.email=a@b.c")
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    old = git(folder, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
    parent = ("-p", old) if old else ()
    new = git(folder, *person, "commit-tree", tree, *parent, "-m", what)
    git(folder, "update-ref", f"refs/heads/{branch}", new)
    return new


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A server's repository with a commit on main."""
    seed = tmp_path / "seed"
    git(tmp_path, "init", "-q", "-b", "main", "seed")
    write(seed / "tocsin.toml", "")
    git(seed, "add", ".")
    git(seed, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-q", "-m", "first")
    git(tmp_path, "clone", "-q", "--bare", "seed", "origin")
    return tmp_path / "origin"


def checkout(origin: Path, name: str) -> Path:
    git(origin.parent, "clone", "-q", "origin", name)
    return origin.parent / name


def head(repository: Path) -> str:
    return git(repository, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}")


def deployed(origin: Path, name: str, *, first: bool = False) -> str:
    """One deployment, through the bundle, by the job that pushes."""
    here, there = checkout(origin, f"{name}-deploys"), checkout(origin, f"{name}-records")
    assert run(here, "ledger-fetched", "prod", str(first).lower()).returncode == 0
    new = record(here, name)
    bundled = run(here, "ledger-bundle", "prod", origin.parent / f"{name}.bundle")
    assert (bundled.returncode, bundled.stdout) == (0, "recorded=true\n"), bundled.stderr
    pushed = run(there, "ledger-push", "prod", origin.parent / f"{name}.bundle")
    assert pushed.returncode == 0, pushed.stderr
    return new


def test_deployments_follow_each_other(origin: Path) -> None:
    one = deployed(origin, "one", first=True)
    assert head(origin) == one
    two = deployed(origin, "two")
    assert head(origin) == two
    assert git(origin, "rev-parse", f"{two}^") == one


def test_nothing_recorded_is_nothing_to_push(origin: Path) -> None:
    deployed(origin, "one", first=True)
    here = checkout(origin, "idle")
    assert run(here, "ledger-fetched", "prod", "false").returncode == 0
    assert run(here, "ledger-bundle", "prod", "x.bundle").stdout == "recorded=false\n"
    assert not (here / "x.bundle").exists()


def test_a_ledger_that_is_gone_stops_the_run(origin: Path) -> None:
    deployed(origin, "one", first=True)
    git(origin, "update-ref", "-d", f"refs/heads/{BRANCH}")
    ended = run(checkout(origin, "later"), "ledger-fetched", "prod", "false")
    assert ended.returncode == 2
    assert "origin has no branch tocsin/prod" in ended.stderr


def test_what_others_recorded_meanwhile_is_not_written_over(origin: Path) -> None:
    deployed(origin, "one", first=True)
    slow, recorder = checkout(origin, "slow"), checkout(origin, "recorder")
    run(slow, "ledger-fetched", "prod", "false")
    record(slow, "slow")
    assert run(slow, "ledger-bundle", "prod", origin.parent / "slow.bundle").returncode == 0
    two = deployed(origin, "two")
    pushed = run(recorder, "ledger-push", "prod", origin.parent / "slow.bundle")
    assert pushed.returncode != 0
    assert head(origin) == two


def test_a_ledger_that_was_rewritten_takes_nothing(origin: Path) -> None:
    deployed(origin, "one", first=True)
    here = checkout(origin, "here")
    run(here, "ledger-fetched", "prod", "false")
    record(here, "two")
    run(here, "ledger-bundle", "prod", origin.parent / "two.bundle")
    forged = checkout(origin, "forger")
    record(forged, "forged")
    git(forged, "push", "-q", "--force", "origin", BRANCH)
    was = head(origin)
    pushed = run(checkout(origin, "new"), "ledger-push", "prod", origin.parent / "two.bundle")
    assert pushed.returncode != 0
    assert head(origin) == was


def sourced(addresses: str) -> subprocess.CompletedProcess[str]:
    script = f"source {CI / 'addresses'}; env"
    env = {"PATH": os.environ["PATH"], "ADDRESSES": addresses}
    words = ["bash", "-ec", script]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False)


def test_addresses_become_variables() -> None:
    ended = sourced("TOCSIN_A=x=y z\n\nTOCSIN_B=$(touch x)`touch x`\n")
    assert ended.returncode == 0
    assert "TOCSIN_A=x=y z\n" in ended.stdout
    assert "TOCSIN_B=$(touch x)`touch x`\n" in ended.stdout
    assert "ADDRESSES" not in ended.stdout


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "GIT_DIR", "BASH_ENV", " TOCSIN_A", "x"])
def test_addresses_are_no_other_variables(name: str) -> None:
    ended = sourced(f"{name}=/evil\n")
    assert ended.returncode == 2
    assert "/evil" not in ended.stdout + ended.stderr


def test_the_branch_of_a_review_goes_along_and_no_other_does(origin: Path) -> None:
    deployed(origin, "one", first=True)
    here = checkout(origin, "here")
    run(here, "ledger-fetched", "prod", "false")
    record(here, "muted")
    for branch in ("mute/prod/a-1", "mute/staging/b", "other"):
        record(here, branch, branch)
    bundle = origin.parent / "muted.bundle"
    assert run(here, "ledger-bundle", "prod", bundle).stdout == "recorded=true\n"
    pushed = run(checkout(origin, "there"), "ledger-push", "prod", bundle)
    assert pushed.returncode == 0, pushed.stderr
    branches = git(origin, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").split()
    assert branches == ["main", "mute/prod/a-1", "tocsin/prod"]
