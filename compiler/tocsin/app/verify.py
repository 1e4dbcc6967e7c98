"""Recomputes every digest of every release, and the chain."""

from __future__ import annotations

from dataclasses import replace

from tocsin.app.environment import OpenEnvironment
from tocsin.state.verify import LedgerFinding, LedgerReport, verify


def verify_environment(opened: OpenEnvironment) -> LedgerReport:
    """The result for the ledger, and whether what runs is newer than it."""
    return _with_live(opened, verify(opened.ledger))


def _with_live(opened: OpenEnvironment, verdict: LedgerReport) -> LedgerReport:
    """A ledger that was cut at its newer end is only seen from what runs."""
    live = opened.observe()
    if live is None or live.release <= verdict.releases or opened.interrupted:
        return verdict
    message = (
        f"release {live.release} is deployed, but the ledger ends at release {verdict.releases}"
    )
    return replace(verdict, findings=(LedgerFinding(live.release, "", message), *verdict.findings))
