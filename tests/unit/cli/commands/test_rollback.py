"""`tocsin rollback`, and the history that it leaves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tocsin.errors import ConfigError
from unit.cli.payments import Run, applied, fails, rule


class TestRollback:
    @pytest.fixture(autouse=True)
    def three_releases(self, run: Run, root: Path) -> None:
        for number in (1, 2, 3):
            rule(root, "payout-changed", f"action: payout.{number}")
            rule(root, "refund-abroad", f"action: refund.{number}")
            run("lock")
            applied(run)

    def live(self, root: Path) -> dict[str, int]:
        table = json.loads((root / ".tocsin/local/live.json").read_text())
        return {d["key"]: d["version"] for d in table["detections"]}

    def test_one_detection(self, run: Run, root: Path) -> None:
        dry = run("rollback payout --dry-run")
        assert "~ payout-changed v3 → v2 · changed" in dry.stdout
        assert self.live(root) == {"payout-changed": 3, "refund-abroad": 3}
        result = run("rollback payout --yes")
        assert "release 4 of local" in result.stdout
        assert "the next plan shows it as a change again" in result.stderr
        assert self.live(root) == {"payout-changed": 2, "refund-abroad": 3}
        assert "~ payout-changed v2 → v3 · changed" in run("plan").stdout
        run("rollback payout-changed --to v1 --yes")
        assert self.live(root) == {"payout-changed": 1, "refund-abroad": 3}
        assert "digests and chain fit; unproven: no trust file was given" in run("verify").stdout

    def test_the_environment(self, run: Run, root: Path) -> None:
        run("rollback --to 1 --yes")
        assert self.live(root) == {"payout-changed": 1, "refund-abroad": 1}
        assert "rollback to release 1" in run("history").stdout

    def test_with_rules_that_are_broken_today(self, run: Run, root: Path) -> None:
        shutil.rmtree(root / "detections/rules")
        (root / "detections/sources/payments_audit.yml").write_text("{")
        run("rollback --to r2 --yes")
        assert self.live(root) == {"payout-changed": 2, "refund-abroad": 2}

    def test_nothing_to_go_back_to(self, run: Run) -> None:
        assert "Nothing to do" in run("rollback --to 3").stderr
        for command in ("rollback", "rollback nobody", "rollback --to 9", "rollback --to x"):
            assert isinstance(fails(command), ConfigError)

    def test_history_of_one_detection(self, run: Run) -> None:
        run("rollback payout --yes")
        told = json.loads(run("history payout --format json").stdout)
        assert [(t["release"], t["version"], t["action"]) for t in told] == [
            (4, 2, "changed"),
            (3, 3, "changed"),
            (2, 2, "changed"),
            (1, 1, "added"),
        ]
        assert [r["release"] for r in json.loads(run("history --format json").stdout)] == [
            4, 3, 2, 1,
        ]  # fmt: skip
