"""In a pipe nothing is cut, broken or padded, however narrow the terminal is said to be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from authoring import write
from conftest import Ended, Tocsin
from deploying import git
from tocsin.cli.main import COMMANDS
from unit.cli.payments import rule

LONG = "-".join(["who-changed-the-account-of-a-merchant"] * 4)
TITLE = " ".join(["Who Changed the Account of a Merchant"] * 4)
VALUE = "payout" * 12
RULE = f"detections/rules/payments/{LONG}.yml"
NOT_HERE = {
    "manifests": "prints files for other programs",
    "unmute": "says what rollback says",
    "shadow": "needs matches of a stream: tests/engines",
    "promote": "says what apply says, of a form in shadow",
    "engines": "its lines are not laid out",
    "init": "its lines are not laid out",
    "source": "its lines are not laid out",
    "new": "its lines are not laid out",
    "approve": "shows a plan as plan does",
    "key": "its lines are not laid out",
    "review": "prints a file of its own, which has a form",
    "schema": "prints JSON only",
    "serve": "its lines are not laid out",
    "noise": "needs alerts of a server: test_noise",
    "replay": "its lines are not laid out",
    "token": "its lines are not laid out",
}
STEPS = {
    f"validate {RULE}": TITLE,
    "compile --target kafka-filter": "kafka-filter",
    f"compile {RULE} --target kafka-filter": "kafka-filter",
    f"test {RULE}": LONG,
    f"explain {LONG} --event events.jsonl": VALUE,
    "lock": LONG,
    "plan --env local": LONG,
    "apply --env local --yes": LONG,
    "status --env local": "1 live",
    f"history {LONG} --env local": LONG,
    "history --env local": "mira@example.org",
    "verify --env local": "no trust file was given",
    "worker --env local --events events.jsonl": TITLE,
    f"rollback {LONG} --to v1 --dry-run --env local": "local",
    f"mute {LONG} --for 1h --reason {VALUE} --yes --env local": VALUE,
    "coverage --out page --env local": "payments",
    f"scan --rules {RULE} --events events.jsonl --format table": TITLE,
    "conformance --row L1": "evaluator",
}


@pytest.fixture
def wide(root: Path) -> Path:
    """The project of payments with a rule, a case and an event that have no short word."""
    for old in (root / "detections" / "rules").rglob("*.yml"):
        old.unlink()
    path = rule(root, LONG, f"action: {VALUE}", TITLE)
    path.write_text(path.read_text().replace("alerts: 0", "alerts: 1"))
    write(root / "events.jsonl", f'{{"action": "{VALUE}", "time": "2026-01-01T00:00:00Z"}}\n')
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "wide")
    return root


def test_every_command_is_looked_at() -> None:
    seen = {step.split()[0] for step in STEPS}
    assert seen | set(NOT_HERE) == set(COMMANDS)
    assert not seen & set(NOT_HERE)


def whole(ended: Ended, said: str) -> None:
    text = ended.stdout + ended.stderr
    assert "Usage:" not in text
    assert said in text
    assert not re.search(r" +$", text, re.MULTILINE), "padded"
    assert not re.search(r"\w…", text), "cut"


def test_nothing_is_cut(tocsin: Tocsin, wide: Path) -> None:
    for step, said in STEPS.items():
        if step.startswith("apply"):  # only what passes is deployed
            path = wide / RULE
            path.write_text(path.read_text().replace("alerts: 1", "alerts: 0"))
        whole(tocsin(*step.split(), cwd=wide, env={"COLUMNS": "80"}), said)
