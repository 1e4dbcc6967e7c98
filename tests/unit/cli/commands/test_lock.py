"""`tocsin lock`."""

from __future__ import annotations

import json
from pathlib import Path

from tocsin.errors import ConfigError
from unit.cli.payments import Run, fails, rule


def test_lock_and_check(run: Run, root: Path) -> None:
    assert "+ payout-changed v1" in run("lock --check", code=1).stdout
    assert "2 detections written" in run("lock").stdout
    run("lock --check")
    rule(root, "payout-changed", "action: other")
    report = json.loads(run("lock --check --format json", code=1).stdout)
    assert report == {"stale": True, "changes": ["~ payout-changed v1 → v2"]}
    run("lock")
    assert [line.split()[2] for line in _lock_lines(root)] == ["v2", "v1"]


def test_a_lock_with_conflict_marks_is_told(root: Path) -> None:
    (root / "detections/tocsin.lock").write_text("<<<<<<< ours\n")
    error = fails("plan")
    assert isinstance(error, ConfigError)
    assert "lock:1" in error.message


def _lock_lines(root: Path) -> list[str]:
    text = (root / "detections/tocsin.lock").read_text()
    return [line for line in text.splitlines() if not line.startswith("#")]
