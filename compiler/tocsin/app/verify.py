"""Recomputes every digest of every release, and the chain; checks signatures and checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tocsin.app.environment import OpenEnvironment
from tocsin.app.policy_check import other_policies
from tocsin.app.signing import own_key
from tocsin.errors import ConfigError
from tocsin.plan.consent_check import without_consent
from tocsin.state import checkpoint
from tocsin.state.checkpoint import Checkpoint
from tocsin.state.verify import LedgerFinding, LedgerReport, verify
from tocsin.trust.trust_file import Trust, read_trust


@dataclass(frozen=True, slots=True)
class Against:
    """What a ledger is held against: the trust file, the file of a checkpoint, who signs that."""

    trust: Path | None = None
    checkpoint: Path | None = None
    key: str = ""


def verify_environment(opened: OpenEnvironment, against: Against) -> LedgerReport:
    """What the ledger proves, and whether what runs is newer than it.

    Where nothing is wrong, the checkpoint is moved on to where the ledger is now.
    """
    trust = read_trust(against.trust) if against.trust else None
    report = _with_live(opened, verified(opened, trust))
    return _with_checkpoint(opened, report, against, trust) if against.checkpoint else report


def verified(opened: OpenEnvironment, trust: Trust | None) -> LedgerReport:
    """What a ledger proves; one that is whole is asked whether those agreed who had to."""
    report = verify(opened.ledger, trust)
    if trust is None or report.findings:
        return report
    releases = [*opened.ledger.oldest_first()]
    lacking = without_consent(opened.ledger, releases, trust)
    return report.with_findings((*lacking, *other_policies(opened, releases)))


def _with_live(opened: OpenEnvironment, verdict: LedgerReport) -> LedgerReport:
    """A ledger that was cut at its newer end is only seen from what runs."""
    live = opened.observe()
    if live is None or live.release <= verdict.releases or opened.interrupted:
        return verdict
    message = (
        f"release {live.release} is deployed, but the ledger ends at release {verdict.releases}"
    )
    return replace(verdict, findings=(LedgerFinding(live.release, "", message), *verdict.findings))


def _with_checkpoint(
    opened: OpenEnvironment, report: LedgerReport, against: Against, trust: Trust | None
) -> LedgerReport:
    path = against.checkpoint or Path()
    key = own_key(against.key) if against.key else None
    commits = opened.ledger.branch.commits()
    saved = checkpoint.read(path)
    if saved:
        _check_own(opened, saved.checkpoint, path)
        wrong = [*saved.checkpoint.against(commits)]
        if trust and (why := saved.unproven(trust)):
            wrong.append(f"the checkpoint {path} does not count: {why}")
        found = [LedgerFinding(0, saved.checkpoint.head, message) for message in wrong]
        report = replace(report, findings=(*found, *report.findings))
    if commits and not report.findings:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        project = opened.ledger.project
        now = Checkpoint(opened.name, project, commits[0], len(commits), at)
        checkpoint.write(path, now, key)
    return report


def _check_own(opened: OpenEnvironment, saved: Checkpoint, path: Path) -> None:
    if (saved.project, saved.environment) != (opened.ledger.project, opened.name):
        raise ConfigError(
            f"{path} is the checkpoint of {saved.environment} of {saved.project}",
            hint="give each environment a file of its own",
            file=path,
        )
