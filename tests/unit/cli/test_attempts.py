"""What became no release is in the ledger: who tried what, and why it was not done."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from deploying import git
from tocsin.backend.streaming import UnhealthyError
from tocsin.cli.main import main_group
from tocsin.deploy.local import LocalTarget
from tocsin.errors import EngineError, LedgerError, StaleError, TocsinError
from tocsin.state.git_ledger import GitLedger
from unit.cli.commands.test_shadow import NEWER, shadow_beside
from unit.cli.payments import Run, rule


def tocsin(command: str) -> Result:
    return CliRunner().invoke(main_group, command.split())


def fails(command: str, error: type[TocsinError]) -> Result:
    result = tocsin(command)
    assert isinstance(result.exception, error), result.exception
    return result


def events() -> list[dict[str, Any]]:
    found = tocsin("history --env local --attempts --format json")
    rows = json.loads(found.stdout)
    assert "digests and chain fit" in tocsin("verify --env local").stdout
    return [row["event"] for row in rows if "event" in row]


def test_a_stale_plan(run: Run, root: Path) -> None:
    run("plan --out p.json")
    rule(root, "payout-changed", "action: something.else")
    fails("apply --env local --plan p.json", StaleError)
    [event] = events()
    assert event["outcome"] == "refused"
    assert (event["command"], event["code"], event["base"]) == ("apply", "stale", 0)
    assert event["counts"] == {"added": 2}
    assert "not what this project compiles to" in event["message"]
    assert event["who"] == "Mira K <mira@example.org>"
    run("apply --yes")
    assert "apply refused: the plan is not what" in run("history --attempts").stdout
    assert "refused" not in run("history").stdout


def test_a_plan_with_problems(run: Run, root: Path) -> None:
    run("apply --yes")
    rule(root, "payout-changed", r"action|re: 'pay\Bout'")
    settings = root / "detections" / "tocsin.toml"
    settings.write_text(settings.read_text().replace('= "kafka-filter"', '= "flink-sql"'))
    fails("apply --env local --yes", LedgerError)
    [event] = events()
    assert (event["outcome"], event["code"], event["base"]) == ("refused", "problems", 1)


@pytest.mark.parametrize(
    ("error", "outcome"), [(UnhealthyError, "reverted"), (EngineError, "failed")]
)
@pytest.mark.usefixtures("root")
def test_an_apply_that_ends_early(
    monkeypatch: pytest.MonkeyPatch, error: type[TocsinError], outcome: str
) -> None:
    def broken(*_: object) -> None:
        raise error("no broker")

    monkeypatch.setattr(LocalTarget, "activate", broken)
    fails("apply --env local --yes", error)
    [event] = events()
    assert (event["outcome"], event["code"]) == (outcome, error.code)
    assert event["message"].startswith("no broker")


def test_an_interrupted_apply(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(LocalTarget, "activate", _killed)
        assert isinstance(
            tocsin("apply --env local --yes").exception, KeyboardInterrupt | SystemExit
        )
    assert "interrupted" in run("status", code=1).stdout
    run("apply --yes")
    [event] = events()
    assert (event["kind"], event["release"]) == ("interrupted", 1)
    assert event["began_by"] == "Mira K <mira@example.org>"
    assert "was interrupted, and finished as release 1" in run("history --attempts").stdout


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_mistakes_are_no_attempts(run: Run, root: Path) -> None:
    rule(root, "payout-changed", "no_such_field: x")
    run("apply --yes", code=1)
    tocsin("apply --env local")
    tocsin("rollback --env local")
    assert git(root, "branch", "--list", "tocsin/*") == ""


def test_promotions_denied_and_forced(run: Run, root: Path) -> None:
    shadow_beside(root, run)
    path = rule(root, "payout-changed", NEWER, mode="shadow")
    path.write_text(path.read_text() + "  promote: {after: 72h}\n")
    run("lock")
    run("apply --yes")
    tocsin("promote payout-changed --to local")
    assert "promotion-forced" not in [event["kind"] for event in events()]
    assert tocsin("promote payout-changed --to local --force --yes").exit_code == 0
    forced, *_ = events()
    assert (forced["kind"], forced["detection"], forced["version"]) == (
        *("promotion-forced", "payout-changed", 2),
    )
    last = json.loads(run("history --format json").stdout)[0]
    assert forced["release"] == last["release"]
    shown = run("history payout-changed --attempts").stdout
    assert f"promotion of payout-changed v2 in release {last['release']} was forced" in shown


def test_drift_found_and_mended(run: Run, root: Path) -> None:
    run("apply --yes")
    run("status --record")
    assert events() == []
    artifacts = sorted((root / ".tocsin/local/artifacts").rglob("*.*"))
    artifacts[0].unlink()
    (root / ".tocsin/local/artifacts/stray.sql").write_text("x")
    run("status --record", code=1)
    run("apply --yes")
    mended, found = events()
    assert found["kind"] == "drift-found"
    assert found["found"] == ["missing: payout-changed", "foreign: stray.sql"]
    assert mended["kind"] == "drift-mended"
    assert mended["mended"] == ["missing: payout-changed", "foreign: stray.sql"]
    assert (found["release"], mended["release"]) == (1, 2)


def test_looks_at_the_ledger(run: Run, root: Path) -> None:
    run("verify --record")
    assert git(root, "branch", "--list", "tocsin/*") == ""
    run("apply --yes")
    head = git(root, "rev-parse", "tocsin/local")
    run("verify --record")
    [event] = events()
    assert (event["kind"], event["head"], event["releases"]) == ("verified", head, 1)
    assert event["findings"] == []
    assert "ledger verified, 1 release: intact" in run("history --attempts").stdout


def test_the_error_is_shown_where_the_ledger_cannot_be_written(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("plan --out p.json")
    rule(root, "payout-changed", "action: something.else")

    def closed(*_: object) -> None:
        raise LedgerError("the disk is full")

    monkeypatch.setattr(GitLedger, "record", closed)
    result = fails("apply --env local --plan p.json", StaleError)
    assert "warning: the ledger did not record this: the disk is full" in result.stderr
    shutil.rmtree(root / ".git")
    assert isinstance(tocsin("status --env local --record").exception, LedgerError)
