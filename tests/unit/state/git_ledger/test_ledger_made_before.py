"""A ledger branch that an earlier Tocsin made is read, verified, continued and rolled back to.

`data/ledger-2026-11-30.bundle` holds a project of two detections and its branch `tocsin/local` with
two releases. They were applied by the code as it was before its packages were laid out anew
(`docs/decisions/layout.md`), and bundled by `git bundle create`. It is never renewed.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deploying import git
from tocsin.cli.main import main_group
from tocsin.state.release import decode, encode

BUNDLE = Path(__file__).parent / "data" / "ledger-2026-11-30.bundle"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    root = tmp_path / "project"
    subprocess.run(["git", "clone", "-q", "--mirror", BUNDLE, root / ".git"], check=True)
    git(root, "config", "core.bare", "false")
    git(root, "config", "user.name", "Mira K")
    git(root, "config", "user.email", "mira@example.org")
    git(root, "checkout", "-q", "-f", "main")
    return root


def run(project: Path, *words: str) -> Result:
    told = CliRunner().invoke(
        main_group, [*words, "--env", "local", "--project", str(project)], catch_exceptions=False
    )
    assert told.exit_code == 0, told.output
    return told


def test_its_bytes_are_those_we_would_write(project: Path) -> None:
    for commit in ("tocsin/local", "tocsin/local^"):
        shown = ["git", "-C", str(project), "show", f"{commit}:release.json"]
        stored = subprocess.run(shown, check=True, capture_output=True).stdout
        assert encode(decode(stored, "")) == stored


def test_it_is_verified(project: Path) -> None:
    assert (
        "2 releases, 3 artifacts: digests and chain fit; unproven" in run(project, "verify").output
    )
    first, second = json.loads(run(project, "history", "--format", "json").stdout)
    assert {first["release"], second["release"]} == {1, 2}


def test_the_same_detections_are_the_same_to_it(project: Path) -> None:
    """Identities of logic, artifacts and words have not moved: what is missing is the folder."""
    planned = json.loads(run(project, "plan", "--format", "json").stdout)
    assert planned["base_number"] == 2
    assert {step["drift"] for step in planned["steps"]} == {"missing"}
    assert planned["counts"] == {"repaired": 2}


def test_a_release_of_it_is_rolled_back_to(project: Path) -> None:
    run(project, "rollback", "--to", "1", "--yes")
    first, *_ = json.loads(run(project, "history", "--format", "json").stdout)
    assert first["release"] == 3
    assert "3 releases" in run(project, "verify").output
    live = json.loads((project / ".tocsin/local/live.json").read_text())
    assert [row["key"] for row in live["detections"]] == ["admin_role_granted"]
