"""A review of a change, in a repository: what it reaches, and what it cannot make stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from authoring import OTHER_ID, project, rule, write
from conftest import Tocsin
from deploying import git
from tocsin.app.review import asked, make_review
from tocsin.errors import ConfigError
from tocsin.progress import SILENT
from tocsin.review.document import ChangeReview, parse

SETTINGS = """\
[project]
name = "shop"
[environments.local]
kind = "local"
backend = "batch-sql"
[environments.prod]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "env:NOT_SET"
"""
OTHER = rule(title="Other Rule", id=OTHER_ID, detection={"s": {"action": "x"}, "condition": "s"})


def with_case(alerts: int = 1, **changes: Any) -> dict[str, Any]:
    case = {"name": "fires", "events": [{"action": "refund"}], "expect": {"alerts": alerts}}
    block = {"owner": "me", "tests": [case], **changes.pop("tocsin", {})}
    return rule(tags=["attack.persistence", "attack.t1098"], **changes) | {"tocsin": block}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a project in a folder, and a first commit."""
    folder = project(tmp_path / "detections", {"refund.yml": with_case(), "other.yml": OTHER})
    write(folder / "tocsin.toml", SETTINGS)
    git(tmp_path, "init", "-q", "-b", "main")
    commit(folder, "first")
    return folder


def commit(folder: Path, message: str) -> str:
    git(folder, "add", ".")
    git(folder, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def made(root: Path, *environments: str) -> ChangeReview:
    commit(root, "change")
    return make_review(asked(root, "HEAD^", "HEAD", ("evaluator",), environments), SILENT)


def test_a_change_of_logic(root: Path) -> None:
    new = with_case(level="low", detection={"s": {"action": ["refund", "void"]}, "condition": "s"})
    write(root / "rules/refund.yml", new)
    found = made(root)
    assert found.ok
    assert (found.project, found.base) == ("shop", git(root, "rev-parse", "HEAD^"))
    [change] = found.detections
    assert (change.word, change.file) == ("changed", "detections/rules/refund.yml")
    assert [(a.name, a.old, a.new) for a in change.attributes] == [("level", "high", "low")]
    assert "+  action is 'void'" in change.condition
    assert change.direction is not None
    assert (change.direction.kind, change.weakens) == ("wider", ["level high becomes low"])
    assert '"action": "void"' in change.direction.gained
    assert (change.cost.old, change.cost.new) == ("1 test of an event", "2 tests of an event")
    assert [(t.engine, t.passed) for t in change.cases] == [("evaluator", 1)]
    plans = {plan.name: plan for plan in found.environments}
    assert [s.name for s in plans["local"].steps] == ["other", "refund"]
    assert plans["prod"].problem == ""
    assert len(plans["prod"].intended) == 64


def test_only_cases_of_what_is_reached_run(root: Path) -> None:
    write(root / "rules/other.yml", OTHER | {"level": "low"})
    found = made(root)
    assert [change.word for change in found.detections] == ["documented"]
    assert found.cases == []


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (with_case(0), "cases"),
        (with_case(tocsin={"owner": "you"}), "documented"),
        (None, "removed"),
    ],
)
def test_words(root: Path, content: dict[str, Any] | None, word: str) -> None:
    if content:
        write(root / "rules/refund.yml", content)
    else:
        (root / "rules/refund.yml").unlink()
    found = made(root)
    assert [change.word for change in found.detections] == [word]
    assert found.detections[0].file == "detections/rules/refund.yml"
    assert found.ok is (word != "cases")


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (
            {"detection": {"s": {"action": "refund", "amount": 1}, "condition": "s"}},
            "its logic changes: narrower",
        ),
        (
            {"detection": {"s": {"action": "void"}, "condition": "s"}},
            "its logic changes: incomparable",
        ),
        ({"tocsin": {"deploy": {"prod": "off"}}}, "off in prod"),
        ({"tocsin": {"deploy": {"prod": "shadow"}}}, "shadow in prod"),
        ({"level": "low"}, "level high becomes low"),
        ({}, "removed"),
    ],
)
def test_what_weakens(root: Path, change: dict[str, Any], reasons: str) -> None:
    file = root / "rules/refund.yml"
    if change:
        write(file, with_case(**change))
    else:
        file.unlink()
    assert [each.weakens for each in made(root).detections] == [[reasons]]


def test_in_shadow_beside_its_live_version_it_does_not_weaken(root: Path) -> None:
    wider = {"s": {"action": ["refund", "payout"]}, "condition": "s"}
    tried = with_case(detection=wider, tocsin={"deploy": {"prod": "shadow"}})
    write(root / "rules/refund.yml", tried)
    [change] = made(root).detections
    assert change.direction is not None
    assert (change.direction.kind, change.weakens) == ("wider", [])


def test_coverage_that_is_lost(root: Path) -> None:
    (root / "rules/refund.yml").unlink()
    found = made(root)
    assert found.coverage is not None
    assert (found.coverage.before, found.coverage.after) == (1, 0)
    assert found.coverage.lost == found.detections[0].lost == ["T1098"]


def test_a_case_that_fails(root: Path) -> None:
    write(root / "rules/refund.yml", with_case(2))
    found = made(root)
    assert not found.ok
    assert [(f.key, f.case, f.problems) for f in found.failed] == [
        ("refund", "fires", ["expected 2 alerts, got 1 (events 0)"])
    ]


def test_a_broken_file_is_no_end(root: Path) -> None:
    write(root / "rules/refund.yml", "title: [\n")
    found = made(root)
    assert found.errors == 1
    assert found.findings[0].file == "detections/rules/refund.yml"
    assert {plan.problem for plan in found.environments} == {"the project has 1 error"}


@pytest.mark.parametrize("settings", ["[", '[project]\nname = ""\n', "x" * 70_000])
def test_settings_that_cannot_be_read_are_told(root: Path, settings: str) -> None:
    write(root / "tocsin.toml", settings)
    found = made(root)
    assert "tocsin.toml" in found.problem
    assert not found.ok


def test_a_project_that_is_new(root: Path) -> None:
    base = git(root, "rev-parse", "HEAD")
    git(root, "mv", "tocsin.toml", "old.toml")
    commit(root, "none")
    git(root, "mv", "old.toml", "tocsin.toml")
    found = made(root)
    assert found.base != base
    assert [change.word for change in found.detections] == ["added", "added"]


def test_environments_are_chosen(root: Path) -> None:
    write(root / "rules/other.yml", OTHER | {"level": "low"})
    found = made(root, "prod", "none").environments
    assert [(plan.name, plan.problem) for plan in found] == [
        ("prod", ""),
        ("none", "no environment 'none'"),
    ]


def test_an_address_is_never_looked_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOT_SET", "127.0.0.1:1")
    write(root / "rules/other.yml", OTHER | {"level": "low"})
    [plan] = made(root, "prod").environments
    assert plan.problem == ""
    assert "127.0.0.1" not in str(plan)


@pytest.mark.parametrize("rev", ["", "--output=x", "nothing", "HEAD^99"])
def test_a_revision_that_is_none(root: Path, rev: str) -> None:
    with pytest.raises(ConfigError, match="git knows no revision"):
        asked(root, rev, "HEAD", ("evaluator",), ())


def test_the_commands(root: Path, tocsin: Tocsin, tmp_path: Path) -> None:
    write(root / "rules/refund.yml", with_case(level="low"))
    commit(root, "change")
    file = tmp_path / "out" / "review.json"
    words = ("review", "make", "--base", "HEAD^", "--out", file)
    ended = tocsin(*words, cwd=root)
    assert (ended.code, ended.stdout) == (0, "")
    assert ended.stderr.rstrip().endswith("review.json: ready")
    assert parse(file.read_bytes(), "it").detections[0].key == "refund"
    assert "Refund Without Order" in tocsin("review", "comment", file).stdout
    assert "comment" in json.loads(tocsin("review", "comment", file, "--format", "json").stdout)
    write(root / "rules/refund.yml", with_case(2))
    commit(root, "worse")
    ended = tocsin(*words, cwd=root)
    assert (ended.code, "needs work" in ended.stderr) == (1, True)
    assert not parse(file.read_bytes(), "it").ok


def test_a_file_that_is_no_review(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "x.json", "{}")
    (tmp_path / "link.json").symlink_to("/etc/passwd")
    for name, says in (
        ("x.json", "is not a review"),
        ("link.json", "it is a link"),
        ("y", "no such"),
    ):
        ended = tocsin("review", "comment", name, cwd=tmp_path)
        assert (ended.code, ended.stdout) == (2, "")
        assert says in ended.stderr
