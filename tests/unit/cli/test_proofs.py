"""Nothing is deployed unless the cases of it pass, and how they ended is in the release."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from deploying import git
from tocsin import __version__
from tocsin.app import prove
from tocsin.app.prove import CasesError
from tocsin.backend.base import Backend, Endpoints
from tocsin.cases.judge import CaseVerdict
from tocsin.cases.run import run_engine
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin.ir.query import Resolved
from unit.cli.commands.test_shadow import NEWER, shadow_beside
from unit.cli.payments import SETTINGS, Run, rule

ON_DUCKDB = SETTINGS.replace('kind = "local"\n', 'kind = "local"\ntest_on = ["duckdb"]\n')


def invoke(command: str) -> Result:
    return CliRunner().invoke(main_group, command.split())


def proofs(root: Path) -> list[dict[str, Any]]:
    return list(json.loads(git(root, "show", "tocsin/local:tests.json")))


def failing(root: Path, name: str = "payout-changed") -> Path:
    return rule(root, name, "action: a")


def settings(root: Path, text: str) -> None:
    (root / "detections/tocsin.toml").write_text(text)


def test_cases_of_what_is_deployed_are_in_the_release(run: Run, root: Path) -> None:
    run("apply --yes")
    found = proofs(root)
    assert [(p["key"], p["case"], p["engine"], p["verdict"]) for p in found] == [
        ("payout-changed", "fires", "evaluator", "passed"),
        ("refund-abroad", "fires", "evaluator", "passed"),
    ]
    assert {p["version"] for p in found} == {__version__}
    assert len({p["input"] for p in found}) == 1
    rule(root, "payout-changed", "action: payout.replace")
    run("apply --yes")
    assert [p["key"] for p in proofs(root)] == ["payout-changed"]
    assert "digests and chain fit" in run("verify").stdout


def test_a_case_that_fails_stops_all(run: Run, root: Path) -> None:
    run("apply --yes")
    failing(root)
    rule(root, "refund-abroad", "action: refund.new")
    result = invoke("apply --env local --yes")
    assert isinstance(result.exception, CasesError)
    assert result.exception.exit_code == 1
    assert "payout-changed: fires (evaluator: failed)" in result.exception.message
    assert len(json.loads(run("history --format json").stdout)) == 1
    event = json.loads(run("history --attempts --format json").stdout)[0]["event"]
    assert (event["outcome"], event["code"]) == ("refused", "cases")
    assert "live state: as released" in run("status").stdout


def test_a_saved_plan_is_held_up_too(run: Run, root: Path) -> None:
    failing(root)
    run("plan --out p.json")
    assert isinstance(invoke("apply --env local --plan p.json").exception, CasesError)


def test_a_promotion_is_held_up_too(run: Run, root: Path) -> None:
    shadow_beside(root, run)
    path = rule(root, "payout-changed", NEWER, mode="shadow")
    path.write_text(path.read_text() + "  promote: {after: 72h}\n")
    assert invoke("promote payout-changed --to local --force --yes").exit_code == 0
    assert [p["key"] for p in proofs(root)] == ["payout-changed"]


def test_what_is_not_deployed_is_not_run(run: Run, root: Path) -> None:
    run("apply --yes")
    path = failing(root, "third")
    path.write_text(path.read_text().replace("local: live", 'local: "off"'))
    rule(root, "payout-changed", title="Other Words")
    run("apply --yes")
    assert git(root, "ls-tree", "--name-only", "tocsin/local", "tests.json") == ""


def test_a_rollback_runs_nothing(run: Run, root: Path) -> None:
    run("apply --yes")
    rule(root, "payout-changed", "action: payout.replace")
    run("apply --yes")
    failing(root)
    before = json.loads(git(root, "show", "tocsin/local~1:tests.json"))
    run("rollback payout --yes")
    # What was seen of what comes back is in the release, and nothing else.
    rows = json.loads(git(root, "show", "tocsin/local:tests.json"))
    assert rows == [{**row, "kept": True} for row in before if row["key"] == "payout-changed"]
    assert "digests and chain fit" in run("verify").stdout


class TestEngines:
    def test_the_environment_names_them(self, run: Run, root: Path) -> None:
        settings(root, ON_DUCKDB)
        run("apply --yes")
        found = [p for p in proofs(root) if p["engine"] == "duckdb"]
        assert [p["verdict"] for p in found] == ["passed", "passed"]
        assert {p["version"] for p in found} == {duckdb.__version__}
        assert {p["kept"] for p in found} == {False}

    @pytest.mark.parametrize(
        ("ended", "word"), [({"problems": ("no",)}, "failed"), ({"refused": "no"}, "refused")]
    )
    def test_one_that_disagrees_or_refuses_stops_the_apply(
        self,
        run: Run,
        root: Path,
        monkeypatch: pytest.MonkeyPatch,
        ended: dict[str, Any],
        word: str,
    ) -> None:
        def wrong(
            queries: Sequence[Resolved], backend: Backend, endpoints: Endpoints
        ) -> list[CaseVerdict]:
            return [replace(v, **ended) for v in run_engine(queries, backend, endpoints)]

        settings(root, ON_DUCKDB)
        with monkeypatch.context() as patched:
            patched.setattr(prove, "run_engine", wrong)
            for _ in range(2):  # what did not pass is not kept
                result = invoke("apply --env local --yes")
                assert isinstance(result.exception, CasesError)
                assert f"payout-changed: fires (duckdb: {word})" in result.exception.message
        run("apply --yes")

    def test_an_engine_that_nobody_knows(self, root: Path) -> None:
        settings(root, ON_DUCKDB.replace("duckdb", "abacus"))
        result = invoke("apply --env local --yes")
        assert isinstance(result.exception, ConfigError)
        assert "abacus" in result.exception.message

    def test_what_passed_is_not_run_again(
        self, run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("TOCSIN_NO_CACHE", raising=False)
        settings(root, ON_DUCKDB)
        run("apply --yes")
        first = proofs(root)
        git(root, "update-ref", "-d", "refs/heads/tocsin/local")
        (root / ".tocsin").rename(tmp_path / "away")
        run("apply --yes")
        again = proofs(root)
        assert [p["kept"] for p in again if p["engine"] == "duckdb"] == [True, True]
        same = ("detection", "engine", "version", "verdict", "input", "output")
        kept = [[p[name] for name in same] for p in again]
        assert kept == [[p[name] for name in same] for p in first]
        path = rule(root, "payout-changed", "action: payout.replace")
        path.write_text(path.read_text().replace("amount: 1", "amount: 2"))
        run("apply --yes")
        assert {p["kept"] for p in proofs(root)} == {False}
