"""A newer form in shadow beside the live one, and its promotion."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tocsin.app.promote import against
from tocsin.app.shadow import Watched
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin.model.detection import Promotion
from tocsin.state.git_ledger import GitLedger
from tocsin_runtime.observe.difference import difference
from unit.cli.payments import Run, rule

NEWER = "action: payout.update, amount|gte: 100"


def shadow_beside(root: Path, run: Run) -> None:
    """v1 live, v2 in shadow beside it."""
    run("lock")
    run("apply --yes")
    rule(root, "payout-changed", NEWER, mode="shadow")
    run("lock")
    run("apply --yes")


def entries(root: Path) -> dict[str, Any]:
    last = GitLedger(root / "detections", "local", project="payments").last()
    assert last
    return {e.key: (e.version, e.mode, e.promoted) for e in last.entries}


def promote(*options: str) -> Result:
    return CliRunner().invoke(main_group, ["promote", "payout-changed", "--to", "local", *options])


def test_a_newer_form_in_shadow_leaves_the_live_one_in_place(root: Path, run: Run) -> None:
    run("lock")
    run("apply --yes")
    rule(root, "payout-changed", NEWER, mode="shadow")
    run("lock")
    shown = run("plan").stdout
    assert "+ payout-changed~shadow v2 · added" in shown
    assert "shadow beside the live version" in shown
    assert "payout-changed v1" not in shown
    run("apply --yes")
    assert entries(root)["payout-changed"] == (1, "live", False)
    assert entries(root)["payout-changed~shadow"] == (2, "shadow", False)
    assert "Nothing to do" in run("plan").stdout


def test_promotion_puts_it_in_place_of_the_live_one_and_stays(root: Path, run: Run) -> None:
    shadow_beside(root, run)
    result = promote("--force", "--yes")
    assert result.exit_code == 0, result.output
    now = entries(root)
    assert now["payout-changed"] == (2, "live", True)
    assert "payout-changed~shadow" not in now
    # The file still says shadow, and that is no reason to take it back.
    assert "Nothing to do" in run("plan").stdout
    # A third form is in shadow again.
    rule(root, "payout-changed", "action: payout.update, amount|gte: 200", mode="shadow")
    run("lock")
    run("apply --yes")
    assert entries(root)["payout-changed"] == (2, "live", True)
    assert entries(root)["payout-changed~shadow"] == (3, "shadow", False)


def test_what_stays_is_repaired_from_the_ledger(root: Path, run: Run) -> None:
    shadow_beside(root, run)
    (live,) = (root / ".tocsin/local/artifacts").rglob("payout-changed.json")
    live.unlink()
    assert "payout-changed v1 · repaired" in run("plan").stdout
    run("apply --yes")
    assert live.is_file()


def test_live_again_ends_the_shadow(root: Path, run: Run) -> None:
    shadow_beside(root, run)
    rule(root, "payout-changed", NEWER)
    run("apply --yes")
    assert entries(root)["payout-changed"] == (2, "live", False)
    assert "payout-changed~shadow" not in entries(root)


@pytest.mark.parametrize(
    ("prepare", "options", "message"),
    [
        (lambda _, run: run("apply --yes"), ("--force",), "is live in local, not in shadow"),
        (shadow_beside, (), "has no promotion policy"),
        (
            lambda root, run: (
                shadow_beside(root, run),
                rule(root, "payout-changed", "action: other", mode="shadow"),
            ),
            ("--force",),
            "the project has another version of it",
        ),
    ],
)
def test_what_cannot_be_promoted(
    root: Path,
    run: Run,
    prepare: Callable[[Path, Run], object],
    options: tuple[str, ...],
    message: str,
) -> None:
    prepare(root, run)
    before = entries(root)
    result = promote("--yes", *options)
    assert isinstance(result.exception, ConfigError)
    assert message in result.exception.message
    assert entries(root) == before


def test_a_folder_keeps_no_matches_of_what_is_in_shadow(root: Path, run: Run) -> None:
    shadow_beside(root, run)
    result = CliRunner().invoke(main_group, ["shadow", "payout-changed", "--env", "local"])
    assert isinstance(result.exception, ConfigError)
    assert "records no matches" in result.exception.message


def match(detection: str, event: str, **group: str) -> dict[str, Any]:
    return {"detection": detection, "event_id": event, **({"group": group} if group else {})}


def test_the_difference_is_by_event_and_group() -> None:
    records = [
        match("a", "e1"),
        match("a~shadow", "e1"),
        match("a", "e2"),
        match("a~shadow", "e3"),
        match("a", "e4", user="x"),
        match("a~shadow", "e4", user="y"),
        match("b", "e9"),
        match("a", "e1"),
    ]
    found = difference(records, "a", "a~shadow")
    assert [r["event_id"] for r in found.only_old] == ["e2", "e4"]
    assert [r["event_id"] for r in found.only_new] == ["e3", "e4"]
    assert [r["event_id"] for r in found.both] == ["e1"]
    assert found.new == 3


def test_the_policy_asks_for_time_and_few_alerts(root: Path, run: Run) -> None:
    shadow_beside(root, run)
    last = GitLedger(root / "detections", "local", project="payments").last()
    assert last
    entry = next(e for e in last.entries if e.beside)
    many = difference([match("x", str(n)) for n in range(100)], "", "x")
    two_days = Watched(entry, int(time.time() * 1000) - 2 * 86_400_000, many)
    assert against(Promotion(3 * 86_400_000), two_days) == "2.0 of 3.0 days are over"
    assert against(Promotion(86_400_000), two_days) == ""
    limit = Promotion(86_400_000, 5)
    assert against(limit, two_days) == "50.0 alerts per day; the policy allows 5"
    assert against(Promotion(86_400_000, 50), two_days) == ""
