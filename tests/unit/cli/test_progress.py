"""On a terminal no command is silent for long; in a pipe nothing that passes is written."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from authoring import events
from conftest import Tocsin
from patience import SECONDS
from tocsin.cli import progress
from tocsin.cli.main import main_group
from unit.cli.payments import rule
from unit.cli.test_main import on_terminal

HELD = """
import sys
from tocsin.cli.progress import progress
with progress().stage("waiting for [bold]:"):
    sys.stdin.read()
"""
BRIEF = """
from tocsin.cli.progress import StageLines
shown = StageLines(quick=1000)
for name in "one", "two":
    with shown.stage(name):
        list(shown.track(range(5), "counting"))
"""
MANY = 40
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Listed:
    """What lines of stages would say, where they were shown."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def update(self, _: object, description: str) -> None:
        self.said.append(description)

    @contextmanager
    def line(self, name: str, shown: str = "") -> Iterator[tuple[Listed, int]]:
        self.said.append(shown or name)
        yield self, 0


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Listed:
    """All that commands say to people who watch."""
    made = Listed()
    monkeypatch.setattr(progress, "on_terminal", lambda: True)
    monkeypatch.setattr(progress.StageLines, "_line", made.line)
    return made


@pytest.fixture
def many(root: Path) -> Path:
    for number in range(MANY):
        rule(root, f"made-{number}", f"amount: {number + 100}")
    return root


def done(words: str) -> None:
    result = CliRunner().invoke(main_group, words.split())
    assert result.exit_code == 0, f"{result.output}{result.exception!r}"


def test_plan_and_apply_say_what_they_are_at(many: Path, listed: Listed, tocsin: Tocsin) -> None:
    looked = ["reading the project", f": 0 of {MANY + 2}", "looking at what runs in local"]
    done("plan --env local")
    assert [said for said in looked if said not in "\n".join(listed.said)] == []
    listed.said.clear()
    steps = ["placing artifacts", "switching to release 1", "recording the release"]
    done("apply --env local --yes")
    assert [said for said in (*looked, *steps) if said not in "\n".join(listed.said)] == []
    told = tocsin("rollback", "--to", "1", "--env", "local", "--yes", cwd=many)
    assert told.code == 0, told.stderr
    assert not set(SPINNER) & set(told.stdout + told.stderr)
    assert "looking at" not in told.stdout + told.stderr


WORDS = ["validate", "test", "lock", "compile --target kafka-filter"]


@pytest.mark.parametrize("words", WORDS)
def test_so_do_commands_that_read_a_project(many: Path, listed: Listed, words: str) -> None:
    assert many == Path.cwd()
    done(words)
    assert "reading" in listed.said[0]


@pytest.mark.parametrize("engine", ["evaluator", "matcher", "duckdb"])
def test_so_does_a_scan(many: Path, listed: Listed, engine: str) -> None:
    file = events(many / "events.jsonl", {"amount": 1})
    done(f"scan --rules detections/rules --events {file} --ignore-logsource --engine {engine}")
    ran = {
        "evaluator": "running the rules: 0 of 1",
        "matcher": "running the rules, 1,000 events at a time: 0 of 1",
        "duckdb": "running the rules on duckdb",
    }
    assert listed.said[0] == "reading rules and events"
    assert ran[engine] in listed.said
    assert listed.said[-1] == "writing matches: 0 of 0"


def test_quick_work_shows_nothing() -> None:
    assert on_terminal([], {"TERM": "xterm"}, [sys.executable, "-c", BRIEF]) == ""


def test_a_count_is_written_seldom(listed: Listed) -> None:
    many = range(300_000)
    assert list(progress.progress().track(many, "counting")) == list(many)
    assert listed.said[:2] == ["counting: 0 of 300,000", "counting: 1 of 300,000"]
    assert len(listed.said) < 1000


def test_a_long_stage_is_written_again_and_again() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", HELD],
        stdin=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    ) as child:
        os.close(theirs)
        seen = ""
        while len(set(SPINNER) & set(seen)) < 3:
            seen += os.read(ours, 4096).decode(errors="replace")
        child.communicate(timeout=SECONDS)
    os.close(ours)
    assert "waiting for [bold]:" in seen
    assert child.returncode == 0
