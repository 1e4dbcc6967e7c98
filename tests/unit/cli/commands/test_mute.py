"""`tocsin mute` and `tocsin unmute`: alerts stop and begin again, matches are never lost."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploying import git
from tocsin.app.approve import PlanSubject, Reviewed, signed
from tocsin.app.consent import PolicyError
from tocsin.errors import ConfigError, LedgerError
from tocsin.files import held
from tocsin.plan import saved
from tocsin.plan.steps import SetMute
from unit.cli.approving import ADA, POLICY, approve, commit, deployed, settings
from unit.cli.payments import Run, applied, fails, rule

MUTE = "mute payout-changed --reason=noisy --yes"
EVENT = '{"action": "payout.update", "account_id": "a", "time": "2026-01-01T00:00:00Z"}\n'


def worked(run: Run, root: Path) -> dict[str, Any]:
    """What the report of a run over one event says of the detection."""
    (root / "events.jsonl").write_text(EVENT)
    report = json.loads(run("worker --events events.jsonl --format json").stdout)
    found: dict[str, Any] = next(d for d in report["detections"] if d["key"] == "payout-changed")
    return found


def history(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("history --attempts --format json").stdout)
    return found


def last(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("status --format json").stdout)["release"]
    return found


@pytest.fixture(autouse=True)
def one_release(request: pytest.FixtureRequest, run: Run) -> None:
    if "guarded" not in request.fixturenames:
        applied(run)


def test_matches_are_recorded_and_raise_no_alerts_until_it_is_unmuted(run: Run, root: Path) -> None:
    assert "release 2 of local" in run(f"{MUTE} --for 4h").stdout
    muted = worked(run, root)
    assert (muted["matches"], muted["muted"], muted["alerts"]) == (1, 1, 0)
    kept = (root / ".tocsin/local/muted.jsonl").read_text()
    assert not (root / ".tocsin/local/alerts.jsonl").exists()
    told = run("status").stdout
    assert "payout-changed: muted until" in told
    assert "1 event matched and raised no alert (muted): payout-changed" in told
    assert "release 3 of local" in run("unmute payout --yes").stdout
    assert worked(run, root)["alerts"] == 1
    # The alert is the one that was not raised.
    [alert] = (root / ".tocsin/local/alerts.jsonl").read_text().splitlines()
    assert json.loads(alert)["id"] == json.loads(kept)["id"]
    assert "muted until" not in run("status").stdout
    assert [row["action"] for row in json.loads(run("history payout --format json").stdout)] == [
        "unmuted",
        "muted",
        "added",
    ]
    assert "digests and chain fit" in run("verify").stdout


def test_it_ends_by_itself_and_the_next_release_says_so(run: Run, root: Path) -> None:
    run(f"{MUTE} --for 1s")
    assert last(run)["mutes"]
    time.sleep(1.1)
    assert worked(run, root)["alerts"] == 1  # nobody did anything
    assert "muted until" not in run("status").stdout
    assert "Nothing to do" in run("apply --yes").stderr
    rule(root, "another")
    assert "mutes" not in applied(run)
    [event] = [row["event"] for row in history(run) if "event" in row]
    assert (event["kind"], event["detection"], event["release"]) == (
        "mute-expired",
        "payout-changed",
        3,
    )
    assert "the mute of payout-changed expired at" in run("history --attempts").stdout


def test_later_releases_keep_it_until_then(run: Run, root: Path) -> None:
    run(f"{MUTE} --for 4h")
    [first] = last(run)["mutes"]
    assert (first["who"], first["reason"]) == ("Mira K <mira@example.org>", "noisy")
    rule(root, "payout-changed", "action: payout.other")
    assert "payout-changed: muted until" in run("plan").stderr
    assert applied(run)["mutes"] == [first]
    run("rollback --to 1 --yes")
    assert last(run)["mutes"] == [first]
    (root / "detections/rules/payments/payout-changed.yml").unlink()
    assert "mutes" not in applied(run)


def test_two_detections_and_a_mute_that_is_there_already(run: Run) -> None:
    run(f"{MUTE} --for 4h")
    run("mute refund-abroad --reason=noisy --yes --for 2h")
    assert len(last(run)["mutes"]) == 2
    error = fails(f"{MUTE} --for 8h")
    assert "payout-changed is muted already, until" in str(error)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("mute nobody --reason=r --for 1h", "no release has a detection 'nobody'"),
        (f"{MUTE}", "say how long"),
        (f"{MUTE} --for 1h --until 2199-01-01T00:00:00Z", "say how long"),
        (f"{MUTE} --for 25h", "24 hours at most"),
        (f"{MUTE} --for 100000w", "at most 100 years"),
        (f"{MUTE} --until 2199-01-01T00:00:00Z", "24 hours at most"),
        (f"{MUTE} --for -4h", "is over already"),
        (f"{MUTE} --for 0s", "is over already"),
        (f"{MUTE} --for soon", "a duration is an integer and a unit"),
        (f"{MUTE} --until 2020-01-01T00:00:00Z", "is over already"),
        (f"{MUTE} --until 2199-01-01T00:00:00", "has no time zone"),
        (f"{MUTE} --until tomorrow", "not a time: tomorrow"),
        ("mute payout-changed --reason= --for 1h", "a mute needs a reason"),
        (f"mute payout-changed --reason={'x' * 501} --for 1h", "500 characters at most"),
        (f"{MUTE} --for 1h --key k", "--key and --reviewer go together"),
        (f"{MUTE} --for 1h --out plan.json", "--out needs --dry-run"),
        ("unmute payout-changed --yes", "payout-changed is not muted in local"),
    ],
)
def test_what_is_refused(run: Run, command: str, message: str) -> None:
    assert message in str(fails(command))
    assert last(run)["number"] == 1


def test_what_raises_no_alerts_is_not_muted(run: Run, root: Path) -> None:
    rule(root, "payout-changed", mode="shadow", selection="action: other")
    rule(root, "another", mode="shadow")
    (root / "detections/rules/payments/refund-abroad.yml").unlink()
    applied(run)
    assert "is in shadow" in str(fails("mute another --reason=r --for 1h"))
    assert "its last release is without it" in str(fails("mute refund --reason=r --for 1h"))
    run(f"{MUTE} --for 1h")  # the live version, which the one in shadow does not replace


def test_it_waits_for_no_other_apply(root: Path) -> None:
    with held(root / ".tocsin/local/apply.lock", "apply"):
        error = fails(f"{MUTE} --for 1h")
    assert isinstance(error, LedgerError)
    assert "another apply is running" in str(error)


def test_nothing_was_released_yet(root: Path) -> None:
    git(root, "update-ref", "-d", "refs/heads/tocsin/local")
    (root / ".tocsin/local/live.json").unlink()
    error = fails(f"{MUTE} --for 1h")
    assert isinstance(error, ConfigError)
    assert "local has no release yet" in str(error)


def test_a_branch_for_the_review_is_made_and_nothing_else_changes(run: Run, root: Path) -> None:
    before = git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD")
    told = run(f"{MUTE} --for 4h --format json --reason=x:@bob<b>http://x", code=0).stdout
    review = json.loads(told)["review"]
    assert review["remote"] == ""
    assert review["branch"].startswith("mute/local/payout-changed-")
    [mute] = json.loads(told)["release"]["mutes"]
    assert mute["review"] == review["branch"]
    assert git(root, "diff", "--name-status", "main", review["branch"]).split() == [
        "A",
        f"detections/{review['file']}",
    ]
    text = git(root, "show", f"{review['branch']}:detections/{review['file']}")
    assert "@bob" not in text
    assert "<b>" not in text
    assert (git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD")) == before
    run("mute refund --for 1h --reason=r --yes --no-review")
    assert len(git(root, "branch", "--list", "mute/*").split()) == 1


def test_the_branch_is_pushed_where_the_ledger_is_shared(run: Run, root: Path) -> None:
    git(root, "init", "-q", "--bare", "../origin.git")
    git(root, "remote", "add", "origin", "../origin.git")
    told = run(f"{MUTE} --for 4h --remote origin").stderr
    assert "pushed to origin" in told
    assert "refs/heads/mute/local/payout-changed" in git(root, "ls-remote", "origin")


def test_a_review_that_fails_leaves_it_muted(run: Run, root: Path) -> None:
    git(root, "checkout", "-q", "--orphan", "empty")
    told = run(f"{MUTE} --for 4h")
    assert "warning: it is muted, but there is no review" in told.stderr
    assert last(run)["mutes"]


def test_mutes_by_hand_are_drift(run: Run, root: Path) -> None:
    live = root / ".tocsin/local/live.json"
    table = json.loads(live.read_text())
    mutes = {table["detections"][0]["id"]: "2199-01-01T00:00:00+00:00"}
    live.write_text(json.dumps({**table, "mutes": mutes}))
    assert "mutes altered: local" in run("status", code=1).stdout
    run("apply --yes")
    assert json.loads(live.read_text())["mutes"] == {}
    run("status")


class TestUnderAPolicy:
    @pytest.fixture(autouse=True)
    def one_release_of_the_guarded(self, run: Run, guarded: Path) -> None:
        assert guarded
        deployed(run, "ada", "bob")

    def test_it_weakens(self, run: Run) -> None:
        error = fails(f"{MUTE} --for 1h")
        assert isinstance(error, PolicyError)
        assert "payout-changed (muted until" in str(error)
        assert "needs 2 approvals" in str(error)
        assert last(run)["number"] == 1

    def test_whoever_may_break_the_glass_does_it_alone(self, run: Run) -> None:
        assert "bob" in str(fails(f"{MUTE} --for 1h --key env:KEY_BOB --reviewer bob"))
        assert "does not count" in str(fails(f"{MUTE} --for 1h --key env:KEY_BOB --reviewer ada"))
        run(f"{MUTE} --for 1h --key env:KEY_ADA --reviewer ada")
        made = last(run)
        assert made["consent"]["emergency"] == "noisy"
        assert made["mutes"][0]["review"]
        assert "proven" in run("verify --trust detections/trust.toml").stdout
        run("unmute payout --yes")  # which makes nothing weaker

    def test_others_approve_it_in_advance(self, run: Run) -> None:
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        command = f"{MUTE} --until {until}"
        run(f"{command} --dry-run --out p.json")
        given = " ".join(approve(run, each) for each in ("ada", "bob"))
        run(f"{command} {given}")
        other = f"mute refund --until {until} --reason=noisy --yes {given}"
        assert "does not count" in str(fails(other))

    def test_it_is_approved_where_nothing_is_observed(self, run: Run, guarded: Path) -> None:
        """As a pipeline does: whoever has the key for approvals has no addresses."""
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        command = f"{MUTE} --until {until}"
        run(f"{command} --dry-run --out p.json")
        plan = saved.read(Path("p.json"))
        statement = signed(
            PlanSubject("payments", "local", plan.plan.intended, plan.plan.base),
            Reviewed("ada", reason="noisy", hours=1),
            ADA,
        )
        (guarded / "ada.json").write_bytes(statement)
        for step in plan.plan.steps:
            assert isinstance(step, SetMute)
            other = replace(plan.plan, steps=(replace(step, until="2199-01-01T00:00:00+00:00"),))
            assert plan.plan.intended not in (other.intended, replace(other, steps=()).intended)
        run(f"{command} --approval ada.json")
        assert last(run)["consent"]["emergency"] == "noisy"

    def test_the_policy_says_how_long(self, run: Run, guarded: Path) -> None:
        settings(guarded, f"{POLICY}mute_hours = 2\n")
        commit(guarded, "shorter")
        error = fails(f"{MUTE} --for 3h --key env:KEY_ADA --reviewer ada")
        assert "2 hours at most" in str(error)
        run(f"{MUTE} --for 2h --key env:KEY_ADA --reviewer ada")
        # Nor does a policy of today prolong it that the last release was not made under.
        settings(guarded, f"{POLICY}mute_hours = 100\n")
        commit(guarded, "longer")
        other = "mute refund --reason=noisy --yes --for 3h --key env:KEY_ADA --reviewer ada"
        assert "2 hours is the most" in str(fails(other))
