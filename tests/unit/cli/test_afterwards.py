"""What one person let through alone in an emergency is reviewed by others afterwards."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploying import git
from tocsin.app.consent import PolicyError
from tocsin.plan.afterwards import Alone, recorded_emergencies
from tocsin.state.git_ledger import GitLedger
from tocsin.trust.trust_file import read_trust
from unit.cli.approving import POLICY, approve, commit, deployed, settings
from unit.cli.payments import Run, fails, rule

GLASS = "approve --plan p.json --out glass.json --yes --key env:KEY_ADA --reviewer ada"
TRUST = "--trust detections/trust.toml"


def alone(run: Run) -> None:
    """A first deployment that bob approves; then ada lets the removal of a detection through."""
    run("plan --out p.json")
    run(f"{GLASS} --break-glass attack")
    run("apply --plan p.json --approval glass.json")


def agree(run: Run, *who: str, release: int = 1, key: str = "") -> str:
    """Statements of these people afterwards, as options."""
    for each in who:
        named = f"--key env:KEY_{(key or each).upper()} --reviewer {each} --out {each}.json"
        run(f"approve --env local --release {release} --yes {named}")
    return " ".join(f"--approval {each}.json" for each in who)


def time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every emergency had been 100 hours ago."""
    due = Alone.due.fget  # type: ignore[attr-defined] # a property
    earlier = timedelta(hours=100)
    monkeypatch.setattr(Alone, "due", property(lambda of: _moved(due(of), earlier)))


def _moved(text: str, by: timedelta) -> str:
    return (datetime.fromisoformat(text) - by).isoformat()


def status(run: Run, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("status --format json", code=code).stdout)
    return found


@pytest.mark.usefixtures("guarded")
def test_plan_and_status_say_who_owes_what_until_when(run: Run) -> None:
    alone(run)
    said = "release 1, let through alone by ada (attack), is to be reviewed by 20"
    asked = "payout-changed, refund-abroad: needs 1 approval of bob, has 0"
    for told in (run("status").stdout, run("plan").stderr):
        assert said in told
        assert asked in told
    [waiting] = status(run)["emergencies"]
    due = datetime.fromisoformat(waiting["due"]) - datetime.now(UTC)
    assert timedelta(hours=71) < due <= timedelta(hours=72)
    assert "release 1 was let through alone by ada: attack" in run("history --attempts").stdout
    assert "proven" in run(f"verify {TRUST}").stdout


@pytest.mark.usefixtures("guarded")
def test_somebody_else_agrees_and_it_is_recorded(run: Run) -> None:
    alone(run)
    assert "1 review recorded; none awaited" in run(f"review record {agree(run, 'bob')}").stderr
    assert status(run)["emergencies"] == []
    assert "bob agreed afterwards with release 1" in run("history --attempts").stdout
    assert "proven" in run(f"verify {TRUST}").stdout
    error = fails(f"review record {agree(run, 'bob')}")
    assert "is of no release that was let through alone and awaits a review" in str(error)


def test_as_many_are_asked_as_without_an_emergency(run: Run, guarded: Path) -> None:
    settings(guarded, POLICY.replace('"bob"]', '"bob", "cleo"]'))
    commit(guarded)
    deployed(run, "ada")
    (guarded / "detections/rules/payments/refund-abroad.yml").unlink()
    commit(guarded)
    alone(run)
    told = run(f"review record {agree(run, 'bob', release=2)} --format json").stdout
    [waiting] = json.loads(told)["waiting"]
    assert (
        "refund-abroad (removed): needs 2 approvals of bob, cleo, has 1 (bob)" in waiting["missing"]
    )
    assert [each["reviewer"] for each in waiting["reviews"]] == ["bob"]


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize("who", ["ada", "mira"])
def test_neither_who_broke_the_glass_nor_an_author_counts(run: Run, who: str) -> None:
    alone(run)
    run(f"review record {agree(run, who, key='forge' if who == 'mira' else '')}")
    assert len(status(run)["emergencies"]) == 1


def test_a_clock_that_was_set_back_makes_no_review_earlier(
    run: Run, guarded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone(run)
    approval = agree(run, "bob")
    now, stamp = datetime.now(UTC), GitLedger._stamp
    past = {"at": "2020-01-01T00:00:00+00:00"}
    monkeypatch.setattr(GitLedger, "_stamp", lambda ledger: {**stamp(ledger), **past})
    run(f"review record {approval}")
    ledger = GitLedger(guarded, "local", project="payments")
    [found] = recorded_emergencies(ledger, read_trust(guarded / "detections/trust.toml"))
    assert ledger.events()[-1].at == past["at"]
    assert abs(datetime.fromisoformat(found.reviewed) - now) < timedelta(hours=1)


def test_what_is_no_review_of_it(run: Run, guarded: Path) -> None:
    alone(run)
    agree(run, "bob", key="mallory")
    assert "in no trust file given here" in str(fails("review record --approval bob.json"))
    assert "a plain approval" in str(fails("review record --approval glass.json"))
    rule(guarded, "another")
    commit(guarded)
    run("plan --out p.json")
    assert "is of no release" in str(fails(f"review record {approve(run, 'bob')}"))
    assert "no release 7" in str(
        fails("approve --env local --release 7 --yes --key k --reviewer b --out b")
    )
    assert len(status(run)["emergencies"]) == 1


def test_overdue_nothing_else_is_deployed_until_it_is_reviewed(
    run: Run, guarded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone(run)
    rule(guarded, "another")
    commit(guarded)
    time_is_over(monkeypatch)
    assert "! overdue: release 1, let through alone by ada" in run("status", code=1).stdout
    found = run(f"verify {TRUST}", code=1).stdout
    assert "the policy was not met: release 1, let through alone by ada (attack)" in found
    run("plan --out p.json")
    error = fails(f"apply --plan p.json {approve(run, 'bob')}")
    assert isinstance(error, PolicyError)
    assert "release 1, let through alone by ada (attack), is to be reviewed by" in error.message
    run(f"review record {agree(run, 'bob')}")
    run("status")
    run("plan --out p.json")
    run(f"apply --plan p.json {approve(run, 'bob')}")


def test_overdue_an_emergency_and_a_repair_still_go_through(
    run: Run, guarded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone(run)
    time_is_over(monkeypatch)
    next((guarded / ".tocsin/local/artifacts").rglob("*.*")).unlink()
    run("status --fix --out fix.json")
    run("apply --plan fix.json")
    rule(guarded, "another")
    commit(guarded)
    alone(run)
    assert len(status(run, code=1)["emergencies"]) == 2


def test_what_went_around_an_overdue_review_is_found_later(
    run: Run, guarded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone(run)
    rule(guarded, "another")
    commit(guarded)
    monkeypatch.setattr("tocsin.app.consent.overdue", lambda *_: [])
    time_is_over(monkeypatch)
    deployed(run, "bob")
    time.sleep(1.1)  # the ledger knows seconds
    run(f"review record {agree(run, 'bob')}")
    told = run(f"verify {TRUST}", code=1).stdout
    assert "release 2 " in told
    assert "the policy was not met: release 1, let through alone by ada (attack)" in told


@pytest.mark.usefixtures("guarded")
def test_a_mute_in_an_emergency_is_reviewed_afterwards(run: Run) -> None:
    deployed(run, "bob")
    run("mute payout-changed --reason=noisy --yes --for 1h --key env:KEY_ADA --reviewer ada")
    [waiting] = status(run)["emergencies"]
    assert (waiting["release"], waiting["reason"]) == (2, "noisy")


def test_a_policy_can_ask_for_none(run: Run, guarded: Path) -> None:
    settings(guarded, POLICY + "review_hours = 0\n")
    commit(guarded)
    alone(run)
    assert status(run)["emergencies"] == []


def test_without_the_protected_branch_it_says_that_it_does_not_know(
    run: Run, guarded: Path
) -> None:
    alone(run)
    git(guarded, "branch", "-m", "main", "other")
    assert "which reviews are owed is not known" in run("status").stderr
