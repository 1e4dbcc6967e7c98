"""`tocsin init`: what it writes works as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from tocsin.check import run_checks
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin.front.project import load_project

BIN = Path(sys.executable).parent


def git(*words: str) -> str:
    person = ("-c", "user.name=A", "-c", "user.email=a@b.c")
    return subprocess.run(
        ["git", *person, *words],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout


def committed(message: str) -> str:
    git("add", ".")
    return git("commit", "--message", message)


def tocsin(*words: str | Path) -> Result:
    return CliRunner().invoke(main_group, [str(word) for word in words])


def test_new_repository_passes_validate_and_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tocsin("init", tmp_path / "det").exit_code == 0
    monkeypatch.chdir(tmp_path / "det")
    validated = tocsin("validate")
    assert (
        validated.exit_code,
        "1 detection without errors; no findings" in validated.output,
    ) == (
        0,
        True,
    )
    tested = tocsin("test", "--format", "json")
    assert tested.exit_code == 0
    verdicts = json.loads(tested.stdout)
    assert [v["status"] for v in verdicts] == ["passed"] * 4


def test_detection_is_new_each_time_and_checks_are_silent(tmp_path: Path) -> None:
    ids = set()
    for name in ("one", "two"):
        tocsin("init", tmp_path / name)
        project = load_project(tmp_path / name)
        assert run_checks(project) == []
        assert project.settings.project.name == name
        ids.add(UUID(project.queries[0].detection.id))
    assert len(ids) == 2
    assert {each.version for each in ids} == {4}


def test_becomes_a_git_repository_that_ignores_local_state(tmp_path: Path) -> None:
    result = tocsin("init", tmp_path / "det", "--format", "json")
    assert json.loads(result.stdout)["git"] is True
    (tmp_path / "det" / ".tocsin" / "local").mkdir(parents=True)
    (tmp_path / "det" / ".tocsin" / "local" / "x").touch()
    status = ["git", "-C", str(tmp_path / "det"), "status", "--porcelain", "-uall"]
    listed = subprocess.run(status, capture_output=True, text=True, check=True).stdout
    assert ".pre-commit-config.yaml" in listed
    assert ".tocsin" not in listed


def test_what_commands_write_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tocsin("init", tmp_path / "det")
    monkeypatch.chdir(tmp_path / "det")
    committed("first")
    for command in (
        "lock",
        "plan --env local --out plan.json",
        "plan --env local --out local.plan.json",
        "apply --env local --plan plan.json",
        "compile --target kafka-filter --out build",
        "coverage --out coverage",
        "test --junit junit.xml",
    ):
        assert tocsin(*command.split()).exit_code == 0, command
    assert git("status", "--porcelain", "-uall") == "?? tocsin.lock\n"


@pytest.mark.parametrize("hook", ["", "tocsin test --changed-since HEAD"])
def test_first_commit_passes_the_hooks(
    hook: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the project itself; and that of this repository for others, which has no HEAD."""
    tocsin("init", tmp_path / "det")
    monkeypatch.chdir(tmp_path / "det")
    monkeypatch.setenv("PATH", str(BIN), prepend=os.pathsep)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    hooks = Path(".pre-commit-config.yaml")
    hooks.write_text(
        hooks.read_text().replace("entry: tocsin test", f"entry: {hook or 'tocsin test'}")
    )
    subprocess.run(["pre-commit", "install"], check=True)
    said = committed("first")
    assert [line.rsplit(".", 1)[1] for line in said.splitlines() if "..." in line] == ["Passed"] * 2
    Path("rules/app/admin-role-granted.yml").write_text("title: broken\n")
    with pytest.raises(subprocess.CalledProcessError):
        committed("second")


def test_inside_a_repository_no_other_is_made(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    result = tocsin("init", tmp_path / "detections", "--format", "json")
    assert json.loads(result.stdout)["git"] is False
    assert not (tmp_path / "detections" / ".git").exists()


def test_empty_repository_is_taken(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert tocsin("init", tmp_path).exit_code == 0
    assert (tmp_path / "tocsin.toml").is_file()


def test_used_folder_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    result = tocsin("init", tmp_path)
    assert isinstance(result.exception, ConfigError)
    assert result.exception.exit_code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    assert isinstance(tocsin("init", tmp_path / "f").exception, ConfigError)


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "dollar$name", "ünï cöde"])
def test_any_folder_name(name: str, tmp_path: Path) -> None:
    assert tocsin("init", tmp_path / name).exit_code == 0
    assert load_project(tmp_path / name).diagnostics == ()


def test_hooks_and_output_name_real_commands(tmp_path: Path) -> None:
    output = tocsin("init", tmp_path / "det").output
    assert "tocsin test" in output
    hooks = (tmp_path / "det" / ".pre-commit-config.yaml").read_text()
    assert r"files: \.(ya?ml|toml)$" in hooks


def test_hooks_file_is_valid(tmp_path: Path) -> None:
    tocsin("init", tmp_path / "det")
    file = tmp_path / "det" / ".pre-commit-config.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", str(file)], check=True)
