"""On a terminal no command is silent for long; in a pipe nothing that passes is written."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Tocsin
from patience import SECONDS
from unit.cli.payments import rule
from unit.cli.test_main import on_terminal

HELD = """
import sys
from tocsin.cli.progress import progress
with progress().stage("waiting for [bold]:"):
    sys.stdin.read()
"""
MANY = 40
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@pytest.fixture
def many(root: Path) -> Path:
    for number in range(MANY):
        rule(root, f"made-{number}", f"amount: {number}")
    return root


def test_plan_and_apply_say_what_they_are_at(many: Path, tocsin: Tocsin) -> None:
    env = {"TERM": "xterm"}
    looked = ["reading the project", f" of {MANY + 2}", "looking at what runs in local"]
    seen = on_terminal(["plan", "--env", "local"], env)
    assert [said for said in looked if said not in seen] == []
    done = ["placing artifacts", "switching to release 1", "recording the release"]
    seen = on_terminal(["apply", "--env", "local", "--yes"], env)
    assert [said for said in (*looked, *done) if said not in seen] == []
    told = tocsin("rollback", "--to", "1", "--env", "local", "--yes", cwd=many)
    assert told.code == 0, told.stderr
    assert not set(SPINNER) & set(told.stdout + told.stderr)
    assert "looking at" not in told.stdout + told.stderr


WORDS = ["validate", "test", "lock", "compile --target kafka-filter", "coverage --out page"]


@pytest.mark.parametrize("words", WORDS)
def test_so_do_commands_that_read_a_project(many: Path, words: str) -> None:
    assert many == Path.cwd()
    seen = on_terminal(words.split(), {"TERM": "xterm"})
    assert "reading" in seen
    assert set(SPINNER) & set(seen)


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
