"""The project of payments in a repository, and the command line in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deploying import git
from tocsin.cli.main import main_group
from unit.cli.approving import guard
from unit.cli.payments import SETTINGS, SOURCE, Run, rule


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a project of two rules; the current folder is its root."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    root = tmp_path / "repo"
    (root / "detections" / "sources").mkdir(parents=True)
    (root / "detections" / "tocsin.toml").write_text(SETTINGS)
    (root / "detections" / "sources" / "payments_audit.yml").write_text(SOURCE)
    rule(root, "payout-changed")
    rule(root, "refund-abroad", "action: refund")
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.name", "Mira K")
    git(root, "config", "user.email", "mira@example.org")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(root: Path) -> Run:
    assert Path.cwd() == root

    def invoke(command: str, code: int = 0, env: str = "local", stdin: str | None = None) -> Result:
        words = command.split()
        given = [] if words[0] in {"lock", "approve"} else ["--env", env]
        result = CliRunner().invoke(main_group, [*words, *given], input=stdin)
        assert result.exit_code == code, f"{result.output}{result.exception!r}"
        return result

    return invoke


@pytest.fixture
def guarded(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with a policy on its protected branch; a pipeline applies."""
    return guard(root, monkeypatch)
