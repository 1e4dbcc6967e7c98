"""The policy of who must approve what, as people and pipelines meet it."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploying import git
from tocsin.app.consent import PolicyError
from tocsin.errors import ConfigError, LedgerError
from tocsin.model.policy import EnvironmentPolicy, Policy
from unit.cli.approving import (
    CI,
    MALLORY,
    POLICY,
    approve,
    commit,
    deployed,
    record,
    settings,
)
from unit.cli.payments import Run, fails, rule


def test_weakening_needs_a_second_one(run: Run, guarded: Path) -> None:
    deployed(run, "ada")
    (guarded / "detections/rules/payments/refund-abroad.yml").unlink()
    commit(guarded)
    run("plan --out p.json")
    ada = approve(run, "ada")
    message = "refund-abroad (removed): needs 2 approvals of ada, bob, has 1 (ada)"
    assert message in str(fails(f"apply --plan p.json {ada}"))
    run(f"apply --plan p.json {ada} {approve(run, 'bob')}")


def test_what_finds_more_needs_no_second_one(run: Run, guarded: Path) -> None:
    deployed(run, "ada")
    rule(guarded, "payout-changed", "action: [payout.update, payout.replace]")
    commit(guarded)
    deployed(run, "ada")
    assert set(record(guarded)["consent"]["directions"].values()) == {"wider"}
    rule(guarded, "payout-changed", "action: payout.update")
    commit(guarded)
    run("plan --out p.json")
    error = str(fails(f"apply --plan p.json {approve(run, 'bob')}"))
    assert "payout-changed (its logic changes: narrower): needs 2 approvals" in error
    assert "proven" in run("verify --trust detections/trust.toml").stdout


@pytest.mark.parametrize("author", ["Ada <ada@example.org>", "X <x@example.org>"])
def test_nobody_approves_their_own_change(run: Run, guarded: Path, author: str) -> None:
    deployed(run, "ada")
    rule(guarded, "another")
    more = "" if author.startswith("Ada") else "\n\nCo-authored-by: Ada <ada@example.org>"
    commit(guarded, f"another{more}", author)
    run("plan --out p.json")
    assert "ada wrote the change" in str(fails(f"apply --plan p.json {approve(run, 'ada')}"))


def test_nobody_approves_what_they_apply(run: Run, guarded: Path) -> None:
    git(guarded, "config", "user.email", "ada@example.org")
    run("plan --out p.json")
    assert "ada applies it" in str(fails(f"apply --plan p.json {approve(run, 'ada')}"))


def test_uncommitted_changes_have_no_author(run: Run, guarded: Path) -> None:
    rule(guarded, "another")
    run("plan --out p.json")
    error = fails(f"apply --plan p.json {approve(run, 'ada')}")
    assert "uncommitted changes have no author" in str(error)


def test_the_policy_is_that_of_the_protected_branch(guarded: Path) -> None:
    git(guarded, "checkout", "-q", "-b", "change")
    settings(guarded, "")
    commit(guarded, "no policy")
    assert isinstance(fails("apply --yes --policy-from main"), PolicyError)
    settings(guarded, POLICY.replace('["ada", "bob"]', '["mira"]'))
    commit(guarded, "my policy")
    assert "of ada, bob, has 0" in str(fails("apply --yes"))


def test_a_policy_does_not_loosen_itself(run: Run, guarded: Path) -> None:
    deployed(run, "ada")
    settings(guarded, "")
    rule(guarded, "another")
    commit(guarded, "no policy, on the protected branch")
    assert "another: needs 1 approval of ada, bob" in str(fails("apply --yes"))
    deployed(run, "bob")
    rule(guarded, "more")
    commit(guarded)
    run("apply --yes")
    assert "proven" in run("verify --trust detections/trust.toml").stdout


def test_a_policy_of_a_branch_that_is_not_here(guarded: Path) -> None:
    settings(guarded, POLICY.replace("[policy]\n", '[policy]\nbranch = "release"\n'))
    error = fails("apply --yes")
    assert isinstance(error, ConfigError)
    assert "the policy is that of branch release, which is not here" in error.message


def test_a_trust_file_that_is_not_there(guarded: Path) -> None:
    settings(guarded, POLICY.replace("trust.toml", "others.toml"))
    commit(guarded, "another trust file")
    assert "others.toml" in str(fails("apply --yes"))


def test_a_freeze_and_a_broken_glass(run: Run, guarded: Path) -> None:
    frozen = "[[policy.environments.local.freezes]]\n"
    frozen += 'from = 2020-01-01T00:00:00Z\nuntil = 2999-01-01T00:00:00Z\nreason = "audit"\n'
    settings(guarded, POLICY + frozen)
    commit(guarded)
    run("plan --out p.json")
    error = fails(f"apply --plan p.json {approve(run, 'ada')}")
    assert "local is frozen until 2999-01-01T00:00:00+00:00: audit" in str(error)
    run(
        "approve --plan p.json --out glass.json --yes --key env:KEY_ADA --reviewer ada "
        "--break-glass attack --hours 1"
    )
    run("apply --plan p.json --approval glass.json")
    assert "broke the glass: attack" in run("history").stdout
    assert "proven" in run("verify --trust detections/trust.toml").stdout


def test_rollback_needs_approval_too(run: Run, guarded: Path) -> None:
    deployed(run, "ada")
    rule(guarded, "another")
    commit(guarded)
    deployed(run, "ada")
    assert "another (removed): needs 2 approvals" in str(fails("rollback --to 1 --yes"))
    run("rollback --to 1 --dry-run --out back.json")
    given = " ".join(approve(run, each, plan="back.json") for each in ("ada", "bob"))
    run(f"rollback --to 1 --yes {given}")


def test_repairs_need_nobody(run: Run, guarded: Path) -> None:
    deployed(run, "ada")
    next((guarded / ".tocsin/local/artifacts").rglob("*.*")).unlink()
    run("status --fix --out fix.json")
    run("apply --plan fix.json")


def test_nothing_is_built_on_a_release_that_somebody_forged(
    run: Run, guarded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(run, "ada")
    rule(guarded, "another")
    commit(guarded)
    run("plan --out p.json")
    monkeypatch.setenv("RELEASE_KEY", MALLORY.text().decode())
    ada = approve(run, "ada")
    run(f"apply --plan p.json {ada}")  # with a key of one's own, and all digests fit
    monkeypatch.setenv("RELEASE_KEY", CI.text().decode())
    rule(guarded, "more")
    commit(guarded)
    for words in ("rollback --to 1 --yes", "apply --yes --policy-from main"):
        error = fails(words)
        assert isinstance(error, LedgerError)
        assert "nothing is built on the last release: the key" in error.message
    found = run("verify --trust detections/trust.toml", code=1).stdout
    assert "is in no trust file given here" in found


def test_what_went_around_the_gate_is_found_later(
    run: Run, guarded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(run, "ada")
    (guarded / "detections/rules/payments/refund-abroad.yml").unlink()
    commit(guarded)
    monkeypatch.setattr("tocsin.app.consent.objections", lambda *_: [])
    deployed(run, "ada")
    told = run("verify --trust detections/trust.toml", code=1).stdout
    assert "the policy was not met: refund-abroad (removed): needs 2 approvals" in told


def evil(root: Path) -> None:
    """A branch of one's own, whose policy asks for nothing."""
    git(root, "checkout", "-q", "-b", "evil")
    settings(root, POLICY + "approvals = 0\nweakening = 0\n")
    commit(root, "what I like")


def test_the_policy_of_another_branch_does_not_count(run: Run, guarded: Path) -> None:
    deployed(run, "ada")
    evil(guarded)
    rule(guarded, "another")
    commit(guarded)
    for words in ("apply --yes", "mute payout-changed --for 1h --reason r --yes"):
        error = fails(f"{words} --policy-from evil")
        assert "the policy is that of branch main, which is not at" in str(error)


def test_nor_one_that_the_branch_had_before(run: Run, guarded: Path) -> None:
    deployed(run, "ada")
    old = git(guarded, "rev-parse", "HEAD")
    settings(guarded, POLICY + "approvals = 2\n")
    rule(guarded, "another")
    commit(guarded, "more approvals")
    assert "which is not at" in str(fails(f"apply --yes --policy-from {old}"))


@pytest.mark.parametrize("way", ["another branch", "an older commit", "other words"])
def test_what_was_deployed_under_such_a_policy_is_found_later(
    run: Run, guarded: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    deployed(run, "ada")
    given = git(guarded, "rev-parse", "HEAD")
    if way == "another branch":
        evil(guarded)
        given = "evil"
    elif way == "an older commit":
        rule(guarded, "first")
        commit(guarded)
        deployed(run, "bob")
    rule(guarded, "another")
    commit(guarded)
    run("plan --out p.json")
    with monkeypatch.context() as patched:
        patched.setattr("tocsin.app.policy._refuse_other", lambda *_: None)
        if way == "other words":
            lax = EnvironmentPolicy(approvals=0, weakening=0)
            made = Policy(trust="trust.toml", environments={"local": lax})
            patched.setattr("tocsin.app.policy.policy_at", lambda *_: made)
            given = "main"
        run(f"apply --plan p.json {approve(run, 'ada')} --policy-from {given}")
    told = run("verify --trust detections/trust.toml", code=1).stdout
    expected = {
        "another branch": "which is not on the protected branch",
        "an older commit": "older than that of the release before",
        "other words": "its policy is not the one in commit",
    }
    assert expected[way] in told
