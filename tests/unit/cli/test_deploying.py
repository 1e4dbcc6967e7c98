"""plan, apply, status, history and verify as people and pipelines call them."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from conftest import Tocsin
from deploying import git
from tocsin.canonical import digest, digest_bytes
from tocsin.errors import ConfigError, DeclinedError, LedgerError, StaleError
from unit.cli.payments import SETTINGS, Run, applied, fails, rule


def test_from_nothing_to_deployed_and_nothing_left_to_do(run: Run, root: Path) -> None:
    assert run("plan --exit-code", code=1).stdout.splitlines()[1].startswith("+ payout-changed v1 ")
    release = applied(run)
    assert [e["key"] for e in release["entries"]] == ["payout-changed", "refund-abroad"]
    assert release["who"] == "Mira K <mira@example.org>"
    assert release["source"] == {"commit": git(root, "rev-parse", "HEAD"), "dirty": False}
    assert release["tools"].keys() >= {"tocsin", "python"}
    run("lock")
    assert "Nothing to do: 2 unchanged" in run("plan --exit-code").stdout
    assert "live state: as released" in run("status").stdout
    assert applied(run) == {}


def test_three_hashes_three_words_from_files(run: Run, root: Path) -> None:
    run("lock")
    applied(run)
    rule(root, "payout-changed", "action: payout.replace")
    rule(root, "refund-abroad", "action: refund", title="Another Title")
    rule(root, "new-one", "account_id: x")
    page = run("plan").stdout
    assert "~ payout-changed v1 → v2 · changed · kafka-filter payments_audit · artifact " in page
    assert "= refund-abroad v1 · documented · kafka-filter payments_audit" in page
    assert "+ new-one v1 · added · kafka-filter payments_audit" in page
    assert "tocsin.lock is stale for 2 detections (new-one, payout-changed)" in page
    assert "1 added · 1 changed · 1 documented" in page


def test_another_backend_is_recompiled_not_changed(run: Run, root: Path) -> None:
    applied(run)
    settings = root / "detections" / "tocsin.toml"
    settings.write_text(SETTINGS.replace('= "kafka-filter"', '= "batch-sql"'))
    plan = json.loads(run("plan --format json").stdout)
    assert plan["counts"] == {"recompiled": 2}
    assert "was on kafka-filter payments_audit" in run("plan").stdout


def test_a_removed_file_is_a_removal(run: Run, root: Path) -> None:
    applied(run)
    (root / "detections/rules/payments/refund-abroad.yml").unlink()
    assert "- refund-abroad v1 · removed" in run("plan").stdout
    assert [e["key"] for e in applied(run)["removed"]] == ["refund-abroad"]
    assert [p.stem for p in (root / ".tocsin/local/artifacts").rglob("*.*")] == ["payout-changed"]


def test_shadow_and_off(run: Run, root: Path) -> None:
    applied(run)
    rule(root, "payout-changed", mode="shadow")
    rule(root, "refund-abroad", "action: refund", mode='"off"')
    page = run("plan").stdout
    assert "switched · kafka-filter payments_audit" in page
    assert "live → shadow" in page
    assert "off in local" in page
    [entry] = applied(run)["entries"]
    assert (entry["key"], entry["mode"]) == ("payout-changed", "shadow")


def test_a_project_with_errors_is_not_planned(run: Run, root: Path) -> None:
    applied(run)
    rule(root, "payout-changed", "no_such_field: x")
    result = run("plan", code=1)
    assert "no_such_field" in result.stderr
    assert result.stdout == ""
    assert "no_such_field" in run("apply --yes", code=1).stderr
    assert "no_such_field" in run("lock", code=1).stderr


def test_a_deployed_detection_that_no_longer_compiles_stays_and_stops_the_plan(
    run: Run, root: Path
) -> None:
    settings = root / "detections" / "tocsin.toml"
    applied(run)
    rule(root, "payout-changed", r"action|re: 'pay\Bout'")
    settings.write_text(SETTINGS.replace('= "kafka-filter"', '= "flink-sql"'))
    result = run("plan", code=1)
    assert "x payout-changed v1 · refused · flink-sql payments_audit · its engine" in result.stdout
    assert "error: payout-changed is deployed as v1" in result.stdout
    assert isinstance(fails("apply --yes"), LedgerError)
    assert "live state: as released" in run("status").stdout


def test_a_saved_plan_is_deployed_once(run: Run, root: Path) -> None:
    run("plan --out p.json")
    planned = json.loads((root / "p.json").read_text())
    run("apply --plan p.json")
    live = json.loads((root / ".tocsin/local/live.json").read_text())
    assert {d["artifact"] for d in live["detections"]} == set(planned["bodies"])
    assert isinstance(fails("apply --plan p.json"), StaleError)


def test_a_saved_plan_of_another_project_is_refused(run: Run, root: Path) -> None:
    run("plan --out p.json")
    rule(root, "payout-changed", "action: something.else")
    error = fails("apply --plan p.json")
    assert "not what this project compiles to: payout-changed is another one" in error.message
    assert "check out what the plan was made from" in error.hint
    assert not (root / ".tocsin/local/live.json").exists()


def test_a_saved_plan_with_swapped_bytes_is_refused(run: Run, root: Path) -> None:
    run("plan --out p.json")
    planned = json.loads((root / "p.json").read_text())
    [old] = [e["artifact"] for e in planned["plan"]["result"] if e["key"] == "payout-changed"]
    evil = base64.b64encode(b"SELECT 1 WHERE FALSE").decode()
    planned["bodies"][(new := digest_bytes(b"SELECT 1 WHERE FALSE"))] = evil
    del planned["bodies"][old]
    planned["plan"] = json.loads(json.dumps(planned["plan"]).replace(old, new))
    planned["digest"] = digest(planned["plan"])
    (root / "p.json").write_text(json.dumps(planned))
    assert "payout-changed is another one" in fails("apply --plan p.json").message
    assert not (root / ".tocsin/local/live.json").exists()


@pytest.mark.parametrize("words", ["plan", "apply --yes", "rollback --to 1 --yes", "status --fix"])
def test_a_branch_that_is_gone_or_cut_is_not_built_on(run: Run, root: Path, words: str) -> None:
    applied(run)
    rule(root, "payout-changed", "action: something.else")
    applied(run)
    git(root, "update-ref", "refs/heads/tocsin/local", "tocsin/local^")
    error = fails(words)
    assert "release 2 is deployed in local, but the ledger ends at release 1" in error.message
    git(root, "update-ref", "-d", "refs/heads/tocsin/local")
    if words in {"plan", "apply --yes"}:
        assert "the ledger ends at release 0" in fails(words).message


def test_a_forged_number_is_overruled_by_whoever_knows_the_ledger(run: Run, root: Path) -> None:
    applied(run)
    live = root / ".tocsin/local/live.json"
    live.write_text(live.read_text().replace('"release": 1', '"release": 99'))
    assert "release unknown: local: release 99 is not in the ledger" in run("status", code=1).stdout
    error = fails("apply --yes")
    assert "--ledger-ends-at" in error.hint
    for words in ("plan", "apply --yes"):
        wrong = fails(f"{words} --ledger-ends-at 2").message
        assert wrong == "the ledger ends at release 1, not 2"
    assert "release unknown" in run("plan --ledger-ends-at 1").stdout
    run("apply --yes --ledger-ends-at 1")
    assert json.loads(live.read_text())["release"] == 2
    run("status")
    assert "drift mended by release 2: release unknown" in run("history --attempts").stdout


def test_a_saved_plan_is_for_its_environment(run: Run, root: Path) -> None:
    (root / "detections/tocsin.toml").write_text(
        SETTINGS + '[environments.two]\nkind = "local"\nbackend = "batch-sql"\npath = ".tocsin/2"\n'
    )
    run("plan --out p.json")
    error = fails("apply --plan p.json", env="two")
    assert isinstance(error, ConfigError)
    assert "a plan for local, not for two" in error.message


def test_drift_is_shown_everywhere_and_repaired(run: Run, root: Path) -> None:
    applied(run)
    artifacts = sorted((root / ".tocsin/local/artifacts").rglob("*.*"))
    artifacts[0].unlink()
    artifacts[1].write_text("by hand")
    (root / ".tocsin/local/artifacts/stray.sql").write_text("x")
    drift = json.loads(run("status --format json", code=1).stdout)["drift"]
    assert [d["drift"] for d in drift] == ["missing", "altered", "foreign"]
    page = run("plan").stdout
    for words in ("was missing", "was altered in place", "stray.sql · discarded · foreign file"):
        assert words in page
    applied(run)
    assert "live state: as released" in run("status").stdout


def test_nobody_there_to_confirm(run: Run) -> None:
    error = fails("apply")
    assert isinstance(error, ConfigError)
    assert "--yes" in error.hint
    assert run("status --format json").stdout.count('"release": null') == 1


def test_asked_on_a_terminal(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("commands.apply", "deploying"):
        monkeypatch.setattr(f"tocsin.cli.{module}.on_input_terminal", lambda: True)
    refused = run("apply", code=1, stdin="n\n")
    assert isinstance(refused.exception, DeclinedError)
    assert refused.stdout == ""
    assert not (root / ".tocsin/local/live.json").exists()
    assert "release 1 of local" in run("apply", stdin="y\n").stdout


def test_approvals_and_evidence_are_recorded(run: Run, root: Path) -> None:
    (root / "cases.json").write_text('{"cases": 2, "failed": 0}')
    run("apply --yes --approved-by lead --approved-by audit --evidence cases.json")
    record = json.loads(git(root, "show", "tocsin/local:release.json"))
    assert record["approvals"] == ["lead", "audit"]
    assert record["evidence"] == {"cases": 2, "failed": 0}
    assert "claimed approval of lead, audit" in run("history").stdout
    (root / "cases.json").write_text("no json")
    assert isinstance(fails("apply --yes --evidence cases.json"), ConfigError)


def test_verify_finds_an_edited_release_and_a_ledger_cut_short(run: Run, root: Path) -> None:
    applied(run)
    rule(root, "payout-changed", "action: other")
    applied(run)
    git(root, "update-ref", "refs/heads/tocsin/local", "tocsin/local^")
    report = json.loads(run("verify --format json", code=1).stdout)
    [finding] = report["findings"]
    assert finding["message"] == "release 2 is deployed, but the ledger ends at release 1"


def test_where_no_address_is_known_there_are_plans_but_no_deployment(run: Run) -> None:
    assert "2 added" in run("plan", env="staging").stdout
    assert "live state: not available" in run("status", env="staging").stdout
    for command in ("apply --yes", "rollback --to 1"):
        error = fails(command, env="staging")
        assert isinstance(error, ConfigError)
        assert "no value for `bootstrap` of environment staging" in error.message


def test_no_git_repository(root: Path) -> None:
    shutil.rmtree(root / ".git")
    for command in ("plan", "apply --yes", "status", "history", "verify", "rollback --to 1"):
        error = fails(command)
        assert isinstance(error, LedgerError)
        assert "git init" in error.hint


def test_an_unknown_environment_and_an_unused_one(run: Run) -> None:
    error = fails("status", env="nope")
    assert isinstance(error, ConfigError)
    assert error.hint == "environments: local, staging"
    assert run("status").stdout == "local: no release yet\n"
    assert "no release yet" in run("history").stdout
    assert json.loads(run("history --format json").stdout) == []


@pytest.mark.usefixtures("root")
def test_as_a_child_process_with_its_exit_codes(tocsin: Tocsin) -> None:
    killed = tocsin("apply", "--env", "local", "--yes", env={"TOCSIN_FAULT": "artifact-placed"})
    assert killed.code == 137
    interrupted = tocsin("status", "--env", "local")
    assert (interrupted.code, "an apply was interrupted" in interrupted.stdout) == (1, True)
    finished = tocsin("apply", "--env", "local", "--yes")
    assert finished.code == 0
    assert "an interrupted apply was finished: release 1" in finished.stderr
    refused = tocsin("apply", "--env", "local", stdin="")
    assert (refused.code, "hint: give --yes" in refused.stderr) == (2, True)
    assert tocsin("plan", "--env", "local", "--exit-code").code == 0


def test_a_remote_is_where_releases_meet(run: Run, root: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "hub.git")
    git(root, "remote", "add", "origin", f"file://{tmp_path}/hub.git")
    run("apply --yes --remote origin")
    assert git(tmp_path / "hub.git", "rev-parse", "tocsin/local") == git(
        root, "rev-parse", "tocsin/local"
    )
