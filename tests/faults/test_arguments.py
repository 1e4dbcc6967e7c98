"""What is typed into a workflow, or stands in settings, never becomes an option or a path."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from authoring import write
from deploying import World
from tocsin.errors import ConfigError
from tocsin.front.project import read_settings
from tocsin.state.changes import put_back
from tocsin.state.git_ledger import GitLedger

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
HOSTILE = ["--remote=/other", "--to=1", "-h", "$(touch x)", "a b", "; touch x"]


def arguments(
    tmp_path: Path, command: str, named: str, job: str = "", **typed: str
) -> list[list[str]]:
    """What each `tocsin` gets from the workflow's step of this name, as Bash makes it."""
    workflow = yaml.safe_load((WORKFLOWS / f"reusable-{command}.yml").read_text())
    steps = workflow["jobs"][job or command]["steps"]
    script = next(step["run"] for step in steps if step.get("name") == named)
    print_words = "#!/bin/sh\necho begins\nfor word; do printf '%s\\n' \"$word\"; done\n"
    (tmp_path / "content").mkdir(parents=True)
    for name, text in (
        ("tool/.venv/bin/tocsin", print_words),
        ("tool/.ci/addresses", (ROOT / ".ci" / "addresses").read_text()),
        ("tool/.ci/ledger-fetched", "#!/bin/sh\n"),
    ):
        write(tmp_path / name, text).chmod(0o755)
    env = {
        **os.environ,
        "ENVIRONMENT": "prod",
        "PROTECTED": "origin/main",
        **typed,
    }
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=tmp_path / "content",
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    assert not list(tmp_path.rglob("x"))
    calls = done.stdout.split("begins\n")[1:]
    return [call.splitlines() for call in calls]


@pytest.mark.parametrize("typed", HOSTILE)
def test_a_detection_is_no_option(tmp_path: Path, typed: str) -> None:
    looks, asks, does = arguments(tmp_path, "rollback", "Roll back", DETECTION=typed, TO="")
    assert typed not in asks
    for words in (looks, does):
        assert words[-2:] == ["--", typed]
        assert words.count(typed) == 1


@pytest.mark.parametrize("typed", HOSTILE)
def test_a_version_is_no_option(tmp_path: Path, typed: str) -> None:
    *_, words = arguments(tmp_path, "rollback", "Roll back", DETECTION="payout", TO=typed)
    assert words[-3:] == [f"--to={typed}", "--", "payout"]


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_somebody_agrees_with_is_no_option(tmp_path: Path, typed: str) -> None:
    given = {"DETECTION": typed, "TO": typed, "PLAN": typed, "WHO": "github:x", "RUN": "r"}
    for what in ("emergency", "rollback", "promotion"):
        calls = arguments(tmp_path / what, "agree", "Sign", "sign", WHAT=what, **given)
        assert calls[-1][0] == "approve"
        for words in calls:
            assert words.count(typed) <= 1
            assert typed not in words or words[-2:] == ["--", typed]


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_is_muted_or_promoted_is_no_option(tmp_path: Path, typed: str) -> None:
    given = {"PROTECTED": "origin/main", "UNTIL": "2026-12-01T18:00:00Z", "REASON": typed}
    [words] = arguments(tmp_path / "m", "mute", "Mute", DETECTION=typed, **given)
    assert words[-2:] == ["--", typed]
    assert f"--reason={typed}" in words
    *_, words = arguments(tmp_path / "p", "promote", "Promote", DETECTION=typed, FORCE="x", **given)
    rest = ["--policy-from", "origin/main", "--yes", "--", typed]
    assert words == ["promote", "--to", "prod", *rest]


def test_inputs_of_workflows_are_not_pasted_into_scripts() -> None:
    for workflow in WORKFLOWS.glob("*.yml"):
        for job in yaml.safe_load(workflow.read_text())["jobs"].values():
            for step in [job, *job.get("steps", [])]:
                assert "${{" not in step.get("run", ""), workflow.name
                used = step.get("uses", "@" + "0" * 40)
                assert re.fullmatch(r"\./.*|.*@[0-9a-f]{40}", used), workflow.name


@pytest.mark.parametrize("name", ["../x", "a/b", "", "-x", "a b", ".", "a\\nb", "a..b", "a" * 64])
def test_an_environment_is_a_word(tmp_path: Path, name: str) -> None:
    text = f'[environments."{name}"]\nkind = "local"\nbackend = "batch-sql"\n'
    write(tmp_path / "tocsin.toml", text)
    with pytest.raises(ConfigError, match="cannot be the name of an environment"):
        read_settings(tmp_path)


@pytest.mark.parametrize("name", ["", "a\\nb", "\\u202e", "a" * 101])
def test_a_project_has_a_printable_name(tmp_path: Path, name: str) -> None:
    write(tmp_path / "tocsin.toml", f'[project]\nname = "{name}"\n')
    with pytest.raises(ConfigError, match=r"project\.name"):
        read_settings(tmp_path)


@pytest.mark.parametrize("remote", ["--upload-pack=touch x", "-x", "a\nb"])
def test_a_remote_is_no_option(tmp_path: Path, remote: str) -> None:
    world = World(tmp_path / "repo")
    with pytest.raises(ConfigError, match="is not a git remote"):
        GitLedger(world.root, "local", remote=remote)


@pytest.mark.parametrize("rev", ["--output=x", "-p", "--", "", "HEAD --output=x"])
def test_a_revision_is_no_option(tmp_path: Path, rev: str) -> None:
    world = World(tmp_path / "repo")
    with pytest.raises(ConfigError, match="git knows no revision"):
        put_back(world.root, rev, tmp_path)
    assert not (world.root / "x").exists()
