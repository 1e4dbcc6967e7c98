"""Ledgers of the kinds `kafka` and `flink` that an earlier Tocsin made on real engines.

`data/ledger-of-streams-2026-11-30.bundle` was made as that of `test_ledger_made_before.py`, by the
code before the new layout, on a real broker and cluster. It has the branches `tocsin/kafka` and
`tocsin/flink` with two releases each; that of Flink has a correlation. It is never renewed.
No engine is needed here: the addresses in its settings are references that are not looked up.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deploying import git
from tocsin.app.environment import open_environment
from tocsin.app.rollback import plan_rollback
from tocsin.cli.main import main_group
from tocsin.plan.steps import Remove
from tocsin.state.release import decode, encode
from tocsin_flink_sql.state.artifact import CorrelationArtifact, inputs_of

BUNDLE = Path(__file__).parent / "data" / "ledger-of-streams-2026-11-30.bundle"
KINDS = ("kafka", "flink")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    for name in ("KAFKA", "FLINK", "GATEWAY", "STORAGE"):
        monkeypatch.delenv(f"TOCSIN_{name}", raising=False)
    root = tmp_path / "project"
    subprocess.run(["git", "clone", "-q", "--mirror", BUNDLE, root / ".git"], check=True)
    git(root, "config", "core.bare", "false")
    git(root, "checkout", "-q", "-f", "main")
    return root


def run(project: Path, kind: str, *words: str) -> Result:
    told = CliRunner().invoke(
        main_group, [*words, "--env", kind, "--project", str(project)], catch_exceptions=False
    )
    assert told.exit_code == 0, told.output
    return told


@pytest.mark.parametrize("kind", KINDS)
def test_its_bytes_are_those_we_would_write(project: Path, kind: str) -> None:
    for commit in (f"tocsin/{kind}", f"tocsin/{kind}^"):
        shown = ["git", "-C", str(project), "show", f"{commit}:release.json"]
        stored = subprocess.run(shown, check=True, capture_output=True).stdout
        assert encode(decode(stored, "")) == stored


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_verified_and_read(project: Path, kind: str) -> None:
    assert "2 releases" in run(project, kind, "verify").output
    newest, first = json.loads(run(project, kind, "history", "--format", "json").stdout)
    assert (newest["release"], first["release"]) == (2, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_detections_are_the_same_to_it(project: Path, kind: str) -> None:
    """Identities of logic, artifacts and metadata have not moved: there is nothing to do."""
    planned = json.loads(run(project, kind, "plan", "--format", "json").stdout)
    assert planned["base_number"] == 2
    assert planned["steps"] == []


@pytest.mark.parametrize(
    ("kind", "removed"),
    [("kafka", ["role-revoked"]), ("flink", ["many-roles-granted", "role-revoked"])],
)
def test_a_rollback_to_its_first_release_is_planned(
    project: Path, kind: str, removed: list[str]
) -> None:
    """The command itself asks for the brokers first."""
    plan = plan_rollback(open_environment(kind, project, resolve=False), None, "1").plan
    assert [step.before.key for step in plan.steps if isinstance(step, Remove)] == removed
    assert plan.counts == {"removed": len(removed), "unchanged": 1}


def test_the_artifact_of_its_correlation_is_read(project: Path) -> None:
    ledger = open_environment("flink", project, resolve=False).ledger
    last = ledger.last()
    assert last is not None
    [entry] = [each for each in last.entries if each.stateful]
    body = ledger.bodies(last, [entry])[entry.artifact]
    assert CorrelationArtifact.decode(body).encode() == body
    assert inputs_of(body) == {"app_audit": "app.audit"}
