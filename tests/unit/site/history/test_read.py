"""A made-up ledger, as a site is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.site_ledger import ENVIRONMENT, PROJECT, Shape, write
from tocsin.errors import ConfigError
from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.model import History
from tocsin.site.history.read import read_history
from tocsin.state.git_ledger import GitLedger
from tocsin.trust.trust_file import read_trust


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ledger")
    write(made, Shape(old=2))
    return made


def told(folder: Path, asked: AskedPeriod | None = None, *, trusted: bool = True) -> History:
    ledger = GitLedger(folder, ENVIRONMENT, project=PROJECT)
    trust = read_trust(folder / "trust.toml") if trusted else None
    return read_history(ledger, asked or AskedPeriod(), trust)


def test_signatures_and_approvals_are_told_as_they_stand(folder: Path) -> None:
    found = told(folder)
    assert [each.signature.verdict for each in found.releases] == ["unproven"] * 2 + ["valid"] * 10
    approvals = [approval for each in found.releases for approval in each.approvals]
    assert {(each.fits, each.standing.verdict) for each in approvals} == {(True, "valid")}
    unknown = told(folder, trusted=False)
    assert {each.signature.verdict for each in unknown.releases} == {"unproven"}
    assert {a.standing.verdict for each in unknown.releases for a in each.approvals} == {"unproven"}


def test_what_form_1_does_not_record_is_no_record(folder: Path) -> None:
    first, *_ = told(folder).releases
    assert (first.form, first.facts, first.cases, first.wrote, first.reviewed) == (
        1,
        None,
        None,
        None,
        None,
    )
    assert first.claimed == ("ada",)
    then = told(folder, AskedPeriod(at="2026-01-01"))
    assert {(d.texts.rule, d.texts.cases, d.runs) for d in then.detections} == {(None, None, None)}
    assert then.attack.attack is None


def test_a_period_ends_where_it_was_asked_to(folder: Path) -> None:
    everything, then = told(folder), told(folder, AskedPeriod(at="2026-01-06"))
    assert then.releases == everything.releases[: len(then.releases)]
    assert then.period.end == "2026-01-06T23:59:59+00:00"
    assert then.events == everything.events[: len(then.events)]
    assert then.evidence.head != everything.evidence.head


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (AskedPeriod(at="2025-12-31"), "had no release at 2025-12-31"),
        (AskedPeriod(at="yesterday"), "not a date: yesterday"),
        (AskedPeriod(at="2026-01-02", begin="2026-01-01"), "a period has no --at"),
        (AskedPeriod(begin="2026-01-03", end="2026-01-02"), "ends before it begins"),
        (AskedPeriod(begin="2030-01-01"), "before the period begins"),
    ],
)
def test_a_period_without_an_answer_is_refused(
    folder: Path, asked: AskedPeriod, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        told(folder, asked)
