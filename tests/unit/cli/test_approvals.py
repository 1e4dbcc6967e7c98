"""Signed approvals of plans: for which plan, by whose key, and what a release records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploying import git
from tocsin.app.consent import PolicyError
from unit.cli.approving import (
    ADA,
    POLICY,
    TRUST,
    approve,
    commit,
    deployed,
    record,
    settings,
)
from unit.cli.payments import Run, fails, rule


def test_a_plan_that_nobody_approved_is_refused(run: Run, guarded: Path) -> None:
    run("plan --out p.json")
    error = fails("apply --plan p.json --approved-by ada")
    assert isinstance(error, PolicyError)
    assert "payout-changed, refund-abroad: needs 1 approval of ada, bob, has 0" in error.message
    assert "tocsin approve --plan FILE" in error.hint
    assert not (guarded / ".tocsin/local/live.json").exists()


def test_an_approved_plan_is_deployed_and_proven(run: Run, guarded: Path) -> None:
    deployed(run, "ada")
    consent = record(guarded)["consent"]
    assert consent["authors"] == ["mira@example.org"]
    assert consent["applier"] == ["ci@example.org", "Pipeline"]
    assert consent["branch"] == "main"
    told = run("verify --trust detections/trust.toml").stdout
    assert "proven: signed by SHA256:" in told
    envelope = json.loads(git(guarded, "show", "tocsin/local:approvals/1.dsse.json"))
    assert envelope["payloadType"] == "application/vnd.tocsin.approval+json"
    history = run("history").stdout
    assert "claimed" not in history
    assert "signed approval of ada" in history


def test_a_service_approves_for_those_whose_review_it_saw(run: Run, guarded: Path) -> None:
    run("plan --out p.json")
    more = f"--review 17 --head {git(guarded, 'rev-parse', 'HEAD')}"
    run(f"apply --plan p.json {approve(run, 'ada-gh', 'forge', more=more)}")
    assert "proven" in run("verify --trust detections/trust.toml").stdout


@pytest.mark.parametrize("key", ["mallory", "bob"])
def test_a_signature_of_somebody_else(run: Run, guarded: Path, key: str) -> None:
    run("plan --out p.json")
    error = fails(f"apply --plan p.json {approve(run, 'ada', key)}")
    assert isinstance(error, PolicyError)
    assert "the approval ada.json does not count" in error.message
    assert not (guarded / ".tocsin/local/live.json").exists()


def test_an_approval_does_not_count_for_another_plan(run: Run, guarded: Path) -> None:
    run("plan --out p.json")
    ada = approve(run, "ada")
    rule(guarded, "another")
    commit(guarded)
    assert "it is for another plan" in str(fails(f"apply --yes {ada}"))
    run("plan --out q.json")
    assert "it is for another plan" in str(fails(f"apply --plan q.json {ada}"))


def test_nor_from_another_base(run: Run, guarded: Path) -> None:
    run("plan --out p.json")
    ada = approve(run, "ada")
    run(f"apply --plan p.json {ada}")
    (guarded / "detections/rules/payments/refund-abroad.yml").unlink()
    commit(guarded)
    deployed(run, "ada", "bob")
    git(guarded, "revert", "--no-edit", "HEAD")
    assert "the base has moved since" in str(fails(f"apply --yes {ada}"))


def test_nor_in_another_environment(run: Run, guarded: Path) -> None:
    other = '[environments.two]\nkind = "local"\nbackend = "batch-sql"\npath = ".tocsin/2"\n'
    settings(guarded, other + POLICY + "[policy.environments.two]\n")
    commit(guarded)
    run("plan --out p.json")
    ada = approve(run, "ada")
    assert "it is for local of payments" in str(fails(f"apply --yes {ada}", env="two"))


def test_approvals_without_a_policy(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_ADA", ADA.text().decode())
    run("plan --out p.json")
    ada = approve(run, "ada")
    error = fails(f"apply --plan p.json {ada}")
    assert "nobody says whose approvals count" in str(error)
    (root / "trust.toml").write_text(TRUST)
    run(f"apply --plan p.json {ada} --trust trust.toml --approved-by boss")
    assert "claimed approval of boss" in run("history").stdout
    assert record(root)["approvals"] == ["boss"]
    assert record(root)["consent"]["policy"] is None


def test_a_plan_is_approved_by_somebody_who_is_there(run: Run) -> None:
    run("plan --out p.json")
    error = fails("approve --plan p.json --out a.json --key k --reviewer ada", env="")
    assert "there is no terminal to ask on" in str(error)
