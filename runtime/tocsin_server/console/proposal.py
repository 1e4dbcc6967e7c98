"""A condition to begin an exception with: what the alerts of a finding have in common."""

from __future__ import annotations

from typing import Any

import yaml

from tocsin_server.alerts.models import AlertFinding
from tocsin_server.console.evidence import AlertEvidence

_MOST_LEAVES = 3


def condition(finding: AlertFinding, evidence: AlertEvidence) -> str:
    """In the form of Sigma's `detection` block, as text of YAML."""
    common = {name: value for name, value in finding.by.items() if value is not None}
    section = {"selection": common or _first(evidence), "condition": "selection"}
    return str(yaml.safe_dump(section, sort_keys=False, allow_unicode=True, width=1000)).strip()


def _first(evidence: AlertEvidence) -> dict[str, Any]:
    """A few fields of the newest event, to be replaced by those that matter."""
    rows = evidence.shown[-1].rows if evidence.events else ()
    return {row.path: row.value for row in rows[:_MOST_LEAVES]} or {"field": "value"}
