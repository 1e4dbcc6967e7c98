"""The facts that an auditor's questions are answered with, also where the ledger lacks them."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from bench.site_ledger import ENVIRONMENT, PROJECT, Shape, write
from deploying import git
from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.model import UNRECORDED, History
from tocsin.site.history.read import read_history
from tocsin.state.git_ledger import GitLedger
from tocsin.state.ledger_event import Attempt
from tocsin.trust.trust_file import read_trust

OLD = 2
"""Releases of form 1; the two after them were made before there was a policy."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("questions")
    write(made, Shape(detections=20, releases=21, old=OLD))
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> History:
    ledger = GitLedger(folder, ENVIRONMENT, project=PROJECT)
    return read_history(ledger, AskedPeriod(), read_trust(folder / "trust.toml"))


def test_the_text_and_bytes_of_then_are_those_in_git(found: History, folder: Path) -> None:
    head = found.releases[-1].commit
    for each in (d for d in found.detections if d.state != "absent"):
        stored = git(folder, "show", f"{head}:content/{each.entry.file}")
        assert each.texts.rule is not None
        assert each.texts.rule.strip() == stored.strip()
        assert sha256(each.texts.artifact or b"").hexdigest() == each.entry.artifact


def test_who_wrote_reviewed_and_applied(found: History) -> None:
    old, unasked, agreed = (found.by_number[number] for number in (1, OLD + 1, OLD + 4))
    assert (old.wrote, old.reviewed, old.claimed) == (None, None, ("ada",))
    assert (unasked.wrote, unasked.reviewed, unasked.claimed) == (None, (), ("ada",))
    assert (agreed.wrote, agreed.reviewed, agreed.applied) == (
        ("cleo",),
        ("ada",),
        "ci@example.org",
    )


def test_the_approval_was_of_this_very_plan_and_came_before(found: History) -> None:
    for release in found.releases[OLD + 2 :]:
        [approval] = release.approvals
        assert approval.fits
        assert approval.standing.verdict == "valid"
        assert approval.at < release.made
        assert approval.review.endswith(f"/pulls/{release.number}")
    assert {release.approvals for release in found.releases[: OLD + 2]} == {()}


def test_what_was_tested_when_on_which_engines(found: History) -> None:
    tested = [each for each in found.detections if each.runs]
    for each in tested:
        cases = {(run.proof.case, run.proof.engine) for run in each.runs or ()}
        assert cases == {(c, e) for c in ("above", "below") for e in ("evaluator", "duckdb")}
    untold = [each for each in found.detections if each.runs is None]
    assert untold
    assert all(each.versions[-1].release <= OLD for each in untold)


def test_which_changes_weakened_and_who_accepted(found: History) -> None:
    changes = [c for r in found.releases[OLD + 2 :] for c in r.changes if c.direction]
    assert changes
    for change in changes:
        was_live = change.before is not None and change.before.mode == "live"
        assert bool(change.weakens) is (was_live and change.direction not in ("wider", "equal"))
    unknown = [c for r in found.releases[: OLD + 2] for c in r.changes if c.action == "changed"]
    assert {change.direction for change in unknown} <= {None}


def test_emergencies_end_and_have_a_reason(found: History) -> None:
    told = [each for each in found.exceptions if each.kind == "emergency"]
    assert [each.release for each in told] == [9, 19]
    assert all(each.reason and each.owner == "bob" and each.end > each.begin for each in told)


def test_emergencies_were_reviewed_afterwards_in_time(found: History) -> None:
    told = {each.number: each.later for each in found.releases if each.later}
    assert set(told) == {9, 19}
    for number, each in told.items():
        assert (each.standing, each.reviewers, each.missing) == ("in-time", ("ada",), "")
        assert found.by_number[number].made < each.reviewed < each.due
        assert found.by_number[number].reviewed_later == each.words
    assert "by ada on 2026-01-12" in told[9].words


def test_mutes_have_an_owner_a_reason_and_an_end(found: History) -> None:
    told = [each for each in found.exceptions if each.kind == "mute"]
    assert [each.release for each in told] == [5, 10, 15, 20]
    for each in told:
        muted = [s for s in found.by_id[each.detection].spans if s.state == "muted"]
        assert (each.owner, each.holds(each.begin), each.holds(each.end)) == ("ada", True, False)
        assert each.begin in [span.begin for span in muted]


def test_how_long_something_was_in_each_state(found: History) -> None:
    begin, end = (datetime.fromisoformat(each) for each in (found.period.begin, found.period.end))
    for each in found.detections:
        told = sum(span.seconds(found.period) for span in each.spans)
        assert told == (end - begin).total_seconds()


def test_drift_is_mended_or_not(found: History) -> None:
    assert [(each.release, each.by) for each in found.drifts] == [
        (3, 8), (7, 8), (11, 16), (15, 16), (19, 0)
    ]  # fmt: skip
    assert found.drifts[-1].mended == ""


def test_attempts_that_became_no_release(found: History) -> None:
    attempts = [event for event in found.events if isinstance(event, Attempt)]
    assert {each.outcome for each in attempts} == {"refused", "failed", "reverted"}


def test_which_logs_are_needed_and_which_are_declared(found: History) -> None:
    needed = {d.entry.source for d in found.detections if d.state != "absent"}
    assert needed == {each.name for each in found.sources if each.detections}
    assert all(each.declared and each.source.serves for each in found.sources)


def test_what_no_release_records_has_a_name() -> None:
    assert UNRECORDED == ("data seen", "fired", "canary-proven")


def test_the_record_says_how_far_it_can_be_relied_on(found: History) -> None:
    assert found.evidence.standing.verdict == "unproven"
    assert found.evidence.standing.words.startswith("up to release 2 unproven")
    assert found.evidence.verified is not None
    assert found.evidence.verified.number == 0
    assert found.evidence.findings is None
