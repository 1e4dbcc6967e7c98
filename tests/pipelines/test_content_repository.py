"""A content repository from `init`, its pipeline run by its own workflows: the way of a change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploying import git
from pipelines.runner import jobs_of
from pipelines.server import Server, content_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with content_server(tmp_path) as made:
        made.begin()
        yield made


def test_from_a_pull_request_to_a_rollback(server: Server) -> None:
    assert "origin has no branch tocsin/prod" in server.started("deploy", server.main).said
    first = server.started("deploy", server.main, inputs={"first": True})
    assert list(jobs_of(first)) == [
        "prod.test: success",
        "prod.emergency: skipped",
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
    assert "was missing" not in comment, "each run has a machine of its own"
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
