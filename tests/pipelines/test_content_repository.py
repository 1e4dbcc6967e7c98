"""A content repository from `init`, its pipeline run by its own workflows: the way of a change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conftest import ROOT
from deploying import git
from pipelines.forge import Forge, served
from pipelines.runner import Machines, Run, jobs_of, run, tool_repository
from tocsin.cli.main import main_group

CONTENT, TOOL = "acme/detections", "acme/tocsin"
PERSON = ("-c", "user.name=Mira", "-c", "user.email=mira@example.org")
RULE = "rules/app/admin-role-granted.yml"
PROD = '[environments.prod]\nkind = "local"\nbackend = "batch-sql"\npath = ".tocsin/prod"\n'


@dataclass
class Server:
    """A git server with the content repository, an author's checkout, and pull requests."""

    machines: Machines
    work: Path
    forge: Forge
    number: int = 0

    @property
    def origin(self) -> Path:
        return self.machines.repositories[CONTENT]

    def started(self, workflow: str, commit: str, **event: Any) -> Run:
        self.number += 1
        made = run(self.machines, self.number, workflow, commit, event)
        self.forge.runs[self.number] = made
        return made

    def proposed(self, message: str) -> Run:
        """Push what lies in the checkout as a pull request: what its review finds."""
        git(self.work, "checkout", "-q", "-B", "topic")
        git(self.work, "add", ".")
        git(self.work, *PERSON, "commit", "-q", "-m", message)
        git(self.work, "push", "-q", "--force", "origin", "topic")
        head, base = git(self.work, "rev-parse", "topic"), git(self.work, "rev-parse", "main")
        tree = git(self.work, "rev-parse", "topic^{tree}")
        words = ("commit-tree", tree, "-p", base, "-p", head, "-m", "merge")
        merge = git(self.work, *PERSON, *words)
        git(self.work, "push", "-q", "--force", "origin", f"{merge}:refs/heads/merge")
        self.forge.head = head
        self.forge.files = git(self.work, "diff", "--name-only", base, head).splitlines()
        return self.started("review", merge, pull_request={"head": {"sha": head}})

    def commented(self, review: Run) -> str:
        """The comment, after the other half has run as the default branch has it."""
        told = {"workflow_run": {"id": review.number, "event": "pull_request"}}
        assert self.started("comment", self.main, **told).ok
        [comment] = self.forge.comments
        return str(comment["body"])

    def merged(self) -> str:
        git(self.work, "switch", "-q", "main")
        git(self.work, "merge", "-q", "--ff-only", "topic")
        git(self.work, "push", "-q", "origin", "main")
        return self.main

    @property
    def main(self) -> str:
        return git(self.origin, "rev-parse", "main")

    def commits(self) -> int:
        return len(git(self.origin, "rev-list", "tocsin/prod").split())

    def edit(self, old: str, new: str) -> None:
        file = self.work / RULE
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    tool, commit = tool_repository(tmp_path, ROOT)
    work, origin = tmp_path / "work", tmp_path / "content.git"
    words = ["init", str(work), "--ci", "github", "--tocsin", f"{TOOL}@{commit}"]
    assert CliRunner().invoke(main_group, words).exit_code == 0
    settings = work / "tocsin.toml"
    settings.write_text(settings.read_text().partition("[environments.prod]")[0] + PROD)
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(origin))
    git(work, "remote", "add", "origin", str(origin))
    git(work, "add", ".")
    git(work, *PERSON, "commit", "-q", "-m", "first")
    git(work, "push", "-q", "origin", "main")
    forge = Forge()
    with served(forge, CONTENT) as address:
        environ = {"GITHUB_API_URL": address, "GITHUB_SERVER_URL": "https://github.com"}
        machines = Machines(tmp_path / "runs", {CONTENT: origin, TOOL: tool}, CONTENT, environ)
        yield Server(machines, work, forge)


def test_from_a_pull_request_to_a_rollback(server: Server) -> None:
    assert "origin has no branch tocsin/prod" in server.started("deploy", server.main).said
    first = server.started("deploy", server.main, inputs={"first": True})
    assert list(jobs_of(first)) == [
        "prod.test: success",
        "prod.deploy: success",
        "prod.record: success",
    ], first.said
    assert "release 1 of prod" in first.said

    server.edit("level: high", "level: low")
    review = server.proposed("lower")
    assert review.ok, review.said
    comment = server.commented(review)
    assert "### Tocsin: ready" in comment
    assert "| level | high | low |" in comment
    assert "(from release 1, plan " in comment.replace("\\", "")

    server.edit("action: role.grant", "action: role.gone")
    broken = server.proposed("break it")
    assert not broken.ok
    comment = server.commented(broken)
    assert "### Tocsin: needs work" in comment
    assert "direction: incomparable" in comment
    assert "#### Failed cases" in comment

    server.edit("action: role.gone", "action: role.grant")
    server.proposed("mend it")
    assert len(server.forge.comments) == 1

    second = server.started("deploy", server.merged())
    assert second.ok, second.said
    assert "release 2 of prod" in second.said
    inputs = {"environment": "prod", "detection": "", "to": "1"}
    back = server.started("rollback", server.main, inputs=inputs)
    assert back.ok, back.said
    assert "release 3 of prod" in back.said
    back_at = server.commits()
    drift = server.started("drift", server.main)
    assert "! missing: admin_role_granted" in drift.said  # each run has a machine of its own
    assert drift.results == {"prod.drift": "failure", "prod.record": "success"}
    assert server.commits() == back_at + 2, "of verify and of status"


def test_what_a_pull_request_brings_along_does_not_run(server: Server) -> None:
    evil = server.work.parent / "evil"
    for name in ("tool/.venv/bin/tocsin", "tool/.ci/addresses", "Makefile", "conftest.py"):
        (server.work / name).parent.mkdir(parents=True, exist_ok=True)
        (server.work / name).write_text(f"#!/bin/sh\ntouch {evil}\nexit 1\n")
    review = server.proposed("bring a tool")
    assert review.ok, review.said
    assert not evil.exists()
    assert "This changes" not in server.commented(review)


def test_a_pull_request_that_rewrites_its_review_is_told_so(server: Server) -> None:
    workflow = server.work / ".github/workflows/review.yml"
    workflow.write_text(workflow.read_text().replace("name: review", "name: Review"))
    server.edit("level: high", "level: low")
    comment = server.commented(server.proposed("rewrite"))
    assert "This changes .github/workflows/review.yml." in comment


def test_another_tocsin_than_the_pinned_one_is_not_set_up(server: Server) -> None:
    name = ".github/workflows/review.yml"
    commit = git(server.work, "rev-parse", "HEAD")
    text = git(server.work, "show", f"{commit}:{name}")
    pinned = text.rpartition("tocsin: ")[2].strip()
    (server.work / name).write_text(text.replace(f"tocsin: {pinned}", "tocsin: main"))
    assert not server.proposed("a branch").ok
    assert "### Tocsin: no review" in server.commented(server.forge.runs[server.number])
