"""A small project of payments, and its rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from click.testing import CliRunner, Result

from tocsin.cli.main import main_group

SETTINGS = """
[project]
name = "payments"
[environments.local]
kind = "local"
backend = "batch-sql"
[environments.local.backends]
payments_audit = "kafka-filter"
[environments.staging]
kind = "flink"
backend = "flink-sql"
"""
SOURCE = """
source: payments_audit
title: Payments audit trail
logsources: [{product: payments, service: audit}]
topic: payments.audit
table: payments_audit
time: {field: time, lateness: 5m}
fields: {time: timestamp, action: string, account_id: string, amount: integer}
"""
RULE = """
title: %(title)s
id: %(id)s
status: test
level: high
logsource: {product: payments, service: audit}
detection:
  selection: {%(selection)s}
  condition: selection
tocsin:
  owner: payments-detections
  deploy: {local: %(mode)s}
  tests:
    - name: fires
      events: [{at: 0s, action: a, amount: 1}]
      expect: {alerts: 0}
"""
Run = Callable[..., Result]


def rule(
    root: Path,
    slug: str,
    selection: str = "action: payout.update",
    title: str = "",
    mode: str = "live",
) -> Path:
    path = root / "detections" / "rules" / "payments" / f"{slug}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {
        "title": title or slug.replace("-", " ").title(),
        "id": str(uuid5(NAMESPACE_DNS, slug)),
        "selection": selection,
        "mode": mode,
    }
    path.write_text(RULE % facts)
    return path


def fails(command: str, env: str = "local") -> BaseException:
    """The error that a command ends with."""
    given = ["--env", env] if env else []
    result = CliRunner().invoke(main_group, [*command.split(), *given])
    assert result.exception is not None
    return result.exception


def applied(run: Run) -> dict[str, Any]:
    release = json.loads(run("apply --yes --format json").stdout)["release"]
    return dict(release or {})
