"""Approvals that a branch keeps, for a deployment: whoever put them there, and whatever since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploying import git
from tocsin.app.approve import PlanSubject, Reviewed, approve, signed
from tocsin.forge.client import ForgeError
from tocsin.forge.github import GitHub
from tocsin.plan import saved
from tocsin.plan.steps import Plan, SetMute
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import SigningKey
from unit.app.test_review_approve import PAGE, ReviewedPull, says
from unit.cli.approving import FORGE, MALLORY, commit
from unit.cli.payments import Run, fails, rule
from unit.review.reviews import HEAD

BRANCH = "refs/remotes/origin/tocsin-approvals"
COMMAND = "review approvals --plan p.json --out given --repository acme/detections"


@dataclass
class Kept:
    """A repository with a plan and an approval of it; what GitHub says as of now."""

    root: Path
    run: Run
    server: ReviewedPull
    asked: int = 0

    @property
    def plan(self) -> Plan:
        return saved.read(self.root / "p.json").plan

    def keep(self, key: SigningKey = FORGE, path: str = "", **facts: Any) -> None:
        """Put an approval of the plan on the branch."""
        plan = self.plan
        told = {"reviewer": "github:ada-gh", "head": HEAD}
        told |= {"review": f"{PAGE}/pull/12#pullrequestreview-345", **facts}
        subject = PlanSubject(plan.project, "local", told.pop("plan", plan.intended), plan.base)
        data = signed(subject, Reviewed(**told), key)
        file = self.root / "approval.json"
        file.write_bytes(data)
        blob = git(self.root, "hash-object", "-w", str(file))
        place = path or f"local/{plan.intended}/12-345.dsse.json"
        git(self.root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{place}")
        tree = git(self.root, "write-tree")
        git(self.root, "reset", "-q")
        git(self.root, "update-ref", BRANCH, git(self.root, "commit-tree", tree, "-m", "x"))

    def given(self) -> list[Path]:
        """What is fetched for `apply`."""
        self.run(COMMAND)
        return sorted((self.root / "given").glob("*"))


@pytest.fixture
def kept(run: Run, guarded: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept(guarded, run, ReviewedPull())

    @contextmanager
    def opened(*_: object) -> Iterator[GitHub]:
        made.asked += 1
        yield made.server.opened

    monkeypatch.setattr("tocsin.app.forge_place.github", opened)
    monkeypatch.setenv("GH_TOKEN", "the-token-of-the-run")
    run("plan --out p.json")
    return made


def test_an_approval_that_stands_is_enough(kept: Kept) -> None:
    kept.keep()
    [file] = kept.given()
    kept.run(f"apply --plan p.json --approval {file}")
    assert "proven" in kept.run("verify --trust detections/trust.toml").stdout


@pytest.mark.parametrize(
    "server",
    [
        ReviewedPull([says(state="DISMISSED")]),
        ReviewedPull([says(), says(state="CHANGES_REQUESTED", id=346)]),
        ReviewedPull([says(id=346)]),
        ReviewedPull([says("bob")]),
        ReviewedPull([]),
        ReviewedPull(head="e" * 40),
    ],
)
def test_a_review_that_no_longer_stands(kept: Kept, server: ReviewedPull) -> None:
    kept.keep()
    kept.server = server
    assert kept.given() == []


@pytest.mark.parametrize(
    "facts",
    [
        {"reviewer": "github:mallory"},
        {"reviewer": "ada"},
        {"review": ""},
        {"review": "https://github.com/mallory/detections/pull/12#pullrequestreview-345"},
        {"review": f"{PAGE}/pull/13/../12#pullrequestreview-345"},
        {"head": "c" * 40},
        {"plan": "c" * 64},
    ],
)
def test_an_approval_of_something_else(kept: Kept, facts: dict[str, str]) -> None:
    kept.keep(**facts)
    assert kept.given() == []


def test_a_run_that_somebody_started_to_agree_stands(kept: Kept) -> None:
    kept.keep(review=f"{PAGE}/actions/runs/7")
    assert len(kept.given()) == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"review": "https://github.com/mallory/detections/actions/runs/7"},
        {"review": f"{PAGE}/actions/runs/7/../8"},
        {"review": f"{PAGE}/actions/runs/7", "reason": "attack", "hours": 1},
    ],
)
def test_nor_a_run_of_others_nor_an_emergency(kept: Kept, facts: dict[str, Any]) -> None:
    kept.keep(**facts)
    assert kept.given() == []


def test_what_is_to_be_kept_lies_where_it_is_looked_for(kept: Kept, run: Run) -> None:
    plan = kept.plan
    words = "approve --plan p.json --into into --yes --key env:KEY_ADA --reviewer ada --is {}"
    run(words.format(plan.intended[:16]))
    [file] = (kept.root / "into").rglob("*.dsse.json")
    assert file.relative_to(kept.root / "into").parts[:2] == ("local", plan.intended)
    kept.run(f"apply --plan p.json --approval {file}")
    for other in ("0" * 16, plan.intended[:15], plan.identity[:16], ""):  # nothing was seen
        error = fails(words.replace(" {}", f"={other}"), env="")
        assert f"the plan is {plan.intended[:16]}, not" in str(error)


def test_whoever_can_push_there_signs_nothing(kept: Kept) -> None:
    kept.keep(MALLORY)
    assert kept.given() == []
    assert "in no trust file given here" in kept.run(COMMAND).stderr


def test_an_approval_of_another_plan_is_not_moved_to_this_one(kept: Kept) -> None:
    kept.keep()
    rule(kept.root, "another")
    commit(kept.root)
    old = kept.plan.intended
    kept.run("plan --out p.json")
    assert kept.plan.intended != old
    kept.keep(plan=old)
    assert kept.given() == []


def test_a_forge_that_does_not_answer(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.keep()

    def down(*_: object) -> httpx.Response:
        raise httpx.ConnectError("no route")

    monkeypatch.setattr(ReviewedPull, "__call__", down)
    error = fails(COMMAND)
    assert isinstance(error, ForgeError)
    assert "GitHub cannot be reached" in error.message
    assert not (kept.root / "given").exists()


def test_where_nobody_asks_for_approvals_the_forge_is_not_asked(kept: Kept) -> None:
    assert kept.given() == []
    kept.keep()
    settings = kept.root / "detections/tocsin.toml"
    settings.write_text(settings.read_text().partition("[policy]")[0])
    commit(kept.root, "no policy")
    assert kept.given() == []
    assert kept.asked == 0


def test_whoever_saw_the_ledger_alone_approves_what_is_intended(kept: Kept) -> None:
    plan = kept.plan
    for found, digest in ((plan, plan.identity), (replace(plan, live=""), plan.intended)):
        data = approve(found, Reviewed("ada-gh"), FORGE)
        assert json.loads(Envelope.decode(data).payload)["plan"] == digest


def test_a_plan_is_intended_alike_whatever_was_found(kept: Kept) -> None:
    """An approval of the plan as it was found is one of that alone."""
    plan = kept.plan
    assert replace(plan, live="", steps=()).intended == plan.intended
    assert replace(plan, live="").identity != plan.identity
    assert replace(plan, result=plan.result[1:]).intended != plan.intended
    mute = SetMute(plan.result[0], "2026-12-01T18:00:00+00:00", "noise")
    assert replace(plan, steps=(*plan.steps, mute)).intended != plan.intended
    assert replace(plan, base="e" * 40).intended != plan.intended
