"""What Tocsin itself recorded: changes, a rollback, a removal, a mute; and a ledger of form 1."""

from __future__ import annotations

from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

import pytest

from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.model import DetectionHistory, History
from tocsin.site.history.read import read_history
from tocsin.state.git_ledger import GitLedger
from unit.cli.conftest import root, run
from unit.cli.payments import Run, rule
from unit.state.git_ledger.test_ledger_made_before import project

__all__ = ["project", "root", "run"]  # fixtures

FILE = "rules/payments/payout-changed.yml"
FILTER = """title: Break glass
author: Ada
logsource: {product: payments, service: audit}
filter:
  rules: [%s]
  selection: {account_id: break-glass}
  condition: not selection
"""
NEWER = "action: payout.update, amount|gte: 100"


@pytest.fixture
def found(root: Path, run: Run) -> History:
    run("lock")
    run("apply --yes")
    rule(root, "payout-changed", NEWER)
    run("lock")
    run("apply --yes")
    run("rollback payout-changed --yes")
    (root / "detections/rules/payments/refund-abroad.yml").unlink()
    run("lock")
    run("apply --yes")
    run("mute payout-changed --for 4h --reason flood --yes")
    return read_history(GitLedger(root / "detections", "local"), AskedPeriod())


def detection(found: History, key: str) -> DetectionHistory:
    [one] = [each for each in found.detections if each.key == key]
    return one


def test_each_version_has_its_own_text(found: History, root: Path) -> None:
    payout = detection(found, "payout-changed")
    assert [(v.number, v.release) for v in payout.versions] == [(1, 1), (2, 2), (1, 3), (2, 4)]
    texts = [version.texts.rule for version in payout.versions]
    now = (root / "detections" / FILE).read_text("utf-8")
    assert texts == [texts[0], now, texts[0], now]
    assert texts[0] != now
    assert (payout.texts.rule, payout.texts.cases) == (now, "")
    assert payout.logsource == "product=payments, service=audit"


def test_what_releases_did_to_it(found: History) -> None:
    payout, refund = (detection(found, key) for key in ("payout-changed", "refund-abroad"))
    did = [
        (c.release, c.action, c.direction, c.weakens.partition(" until ")[0])
        for c in payout.changes
    ]
    assert did == [
        (1, "added", None, ""),
        (2, "changed", "narrower", "its logic changes: narrower"),
        (3, "changed", "wider", ""),
        (4, "changed", "narrower", "its logic changes: narrower"),
        (5, "muted", None, "muted"),
    ]
    assert (payout.state, refund.state) == ("muted", "absent")
    assert (refund.spans[-1].release, refund.spans[-1].reason) == (4, "removed")
    assert refund.texts.rule is not None
    assert refund.texts.artifact is not None
    [mute] = payout.exceptions
    assert (mute.kind, mute.reason, mute.release) == ("mute", "flood", 5)
    assert mute.owner == "Mira K <mira@example.org>"
    assert mute.holds(found.period.end)


def test_what_is_told_of_releases(found: History) -> None:
    assert [each.number for each in found.releases] == [1, 2, 3, 4, 5]
    assert found.period.end == found.releases[-1].made
    assert [each.muted for each in found.releases] == [0, 0, 0, 0, 1]
    assert [each.live for each in found.releases] == [2, 2, 2, 1, 1]
    first, *_, last = found.releases
    assert (first.wrote, first.reviewed, first.applied) == (None, (), "mira@example.org")
    assert (first.signature.verdict, first.signature.words) == ("unproven", "it has no signature")
    assert last.objections is None
    payout = detection(found, "payout-changed")
    assert {(r.proof.case, r.proof.engine) for r in payout.runs or ()} == {("fires", "evaluator")}
    [person] = found.persons
    assert (person.name, person.applied) == ("mira@example.org", (1, 2, 3, 4, 5))
    [source] = found.sources
    assert (source.name, source.declared, source.detections) == (
        "payments_audit",
        True,
        (payout.id,),
    )
    assert found.attack.release == 5
    assert found.attack.attack is not None
    assert found.evidence.findings is None
    assert found.evidence.verified is None


def test_a_ledger_of_form_1_is_told_with_what_it_has(project: Path) -> None:
    found = read_history(GitLedger(project, "local"), AskedPeriod())
    assert [(each.number, each.form, each.facts) for each in found.releases] == [
        (1, 1, None),
        (2, 1, None),
    ]
    assert all(each.texts.rule is None and each.texts.artifact for each in found.detections)
    assert {each.runs for each in found.detections} == {None}
    assert found.attack.attack is None
    assert {each.name for each in found.techniques} <= {None}


def test_a_period_before_the_first_release_has_a_gap_with_its_reason(project: Path) -> None:
    found = read_history(GitLedger(project, "local"), AskedPeriod(begin="2020-01-01"))
    for each in found.detections:
        assert each.spans[0].begin == "2020-01-01T00:00:00+00:00"
        assert (each.spans[0].state, each.spans[0].reason) == ("absent", "no release yet")


def test_filters_are_exceptions_for_as_long_as_they_are_there(root: Path, run: Run) -> None:
    file = root / "detections/rules/break-glass.yml"
    payout, refund = (str(uuid5(NAMESPACE_DNS, key)) for key in ("payout-changed", "refund-abroad"))
    file.write_text(FILTER % f"{payout}, {refund}", "utf-8")
    run("lock")
    run("apply --yes")
    file.write_text(FILTER % f"{payout}, refund-abroad", "utf-8")
    run("lock")
    run("apply --yes")
    found = read_history(GitLedger(root / "detections", "local"), AskedPeriod())
    told = {(e.detection, e.owner, e.reason, e.release, bool(e.end)) for e in found.exceptions}
    assert told == {
        (payout, "Ada", "Break glass", 1, True),
        (refund, "Ada", "Break glass", 1, True),
        (payout, "Ada", "Break glass", 2, False),
        ("refund-abroad", "Ada", "Break glass", 2, False),  # it is not its name
    }
    assert [e.release for e in found.by_id[payout].exceptions] == [1, 2]
