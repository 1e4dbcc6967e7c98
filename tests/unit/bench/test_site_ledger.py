"""The made-up ledger is one that Tocsin finds nothing wrong with."""

from __future__ import annotations

from pathlib import Path

from bench.site_ledger import ENVIRONMENT, PROJECT, Shape, write
from tocsin.front.project import read_settings
from tocsin.plan.consent_check import without_consent
from tocsin.state.git_ledger import GitLedger
from tocsin.state.verify import verify
from tocsin.trust.trust_file import read_trust


def test_it_is_proven_but_for_its_old_releases(tmp_path: Path) -> None:
    write(tmp_path, Shape(detections=12, releases=11, old=2))
    ledger, trust = (
        GitLedger(tmp_path, ENVIRONMENT, project=PROJECT),
        read_trust(tmp_path / "trust.toml"),
    )
    report = verify(ledger, trust)
    assert not report.findings
    assert [proof.proven for proof in report.proofs] == [True] * 9 + [False] * 2
    assert not list(without_consent(ledger, [*ledger.oldest_first()], trust))
    assert {event.kind for event in ledger.events()} == {
        "attempt",
        "drift-found",
        "drift-mended",
        "emergency",
        "emergency-reviewed",
        "verified",
    }
    assert read_settings(tmp_path).project.name == PROJECT
