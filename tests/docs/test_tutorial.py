"""The tutorial is true: its commands run in order in one shell, and print what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from console_blocks import PERSON, Step, agrees, play, steps

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
STEPS = [step for step in steps(PAGE.read_text("utf-8")) if not step.file]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Step, int, str]]:
    folder = tmp_path_factory.mktemp("tutorial")
    return play(PAGE.read_text("utf-8"), folder, PERSON)


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[f"{s.line}: {s.command}" for s in STEPS])
def test_a_command_does_what_the_page_shows(ran: list[tuple[Step, int, str]], number: int) -> None:
    step, code, output = ran[number]
    assert "Traceback" not in output
    assert code == step.code, output
    assert agrees(step.shown, output), (
        f"{PAGE.name}:{step.line} shows\n{step.shown}\nbut the command prints\n{output}\n"
        "if that is right: .venv/bin/python tests/console_blocks.py docs/tutorial.md"
    )


def test_the_way_is_whole() -> None:
    """Every stage from an empty folder to a rollback has its command."""
    words = {step.command.split()[1] for step in STEPS if step.command.startswith("tocsin ")}
    assert words >= {
        "init", "validate", "test", "explain", "compile", "lock", "plan", "apply", "worker",
        "rollback", "status", "history", "verify", "coverage",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("shown", "output", "same"),
    [
        ("a\n", "a \n\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n…\n", "a\nb\nc\n", True),
        ("…\nc\n", "a\nb\n", False),
        ("1 file in …/x\n", "1 file in /tmp/0/x\n", True),
        ("1 file in …/x\n", "2 files in /tmp/0/x\n", False),
        ("release 1 (cd83ec3)\n", "release 1 (99b1aaf)\n", True),
        ("release 1 (cd83ec3)\n", "release 2 (99b1aaf)\n", False),
        ("2026-11-23T18:53:30+00:00 by A\n", "2027-01-01T00:00:00+00:00 by A\n", True),
        ("100 of 222\n", "101 of 222\n", False),
    ],
)
def test_only_what_is_volatile_may_differ(shown: str, output: str, same: bool) -> None:  # noqa: FBT001
    assert agrees(shown, output) is same
