"""With `--format json` stdout is JSON or empty, in whatever way a command fails."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from conftest import Ended, Tocsin
from patience import SECONDS
from unit.cli.payments import rule
from unit.cli.test_ending import commands
from unit.cli.test_main import COMMAND

WITHOUT_PROJECT = """
init full
source add aws_cloudtrail
new slug --source payments_audit
validate
validate nothing.yml
test
scan --rules nothing --events nothing
scan --rules full --events full
scan --rules full --events full/file --strict
explain nothing --event full/file
compile
compile nothing
lock
plan --env local
apply --env local --yes
rollback --env local --yes
mute x --env local --for 1h --reason r
unmute x --env local
shadow x --env local
promote x --to local --yes
status --env local
history --env local
verify --env local
worker --env local
manifests --env local --image i
coverage --out page --env local
engines up nothing
engines up kafka --port nothing
engines down nothing
engines status nothing
engines status
"""
IN_A_PROJECT = """
source add nothing
new slug --source nothing
new payout-changed --source payments_audit
validate --fail-on info
validate --ignore TOC999
test nothing.yml
test --engine nothing
test --changed-since nothing
test --junit detections
scan --rules detections --events nothing
scan --rules detections --events events.jsonl --engine nothing
scan --rules detections --events events.jsonl --engine evaluator --form pack
scan --rules detections --events events.jsonl --strict
explain nothing --event events.jsonl
explain payout-changed --event nothing.jsonl
explain payout-changed --event events.jsonl --number 7
compile --target nothing
compile --out events.jsonl
conformance --row nothing
conformance --tag nothing
conformance --backend nothing
lock --check
plan --env nothing
plan --env local --exit-code
plan --env local --out nowhere/plan.json
apply --env nothing --yes
apply --env local
apply --env local --plan nothing.json
apply --env local --plan events.jsonl
apply --env local --yes --evidence nothing.json
apply --env local --yes --approval nothing.json
approve --plan nothing.json --key nothing --reviewer r --out out.json --yes
key new events.jsonl
rollback --env local
rollback --env local --to 7 --yes
rollback --env local --to x --yes
rollback nothing --env local --yes
mute nothing --env local --for 1h --reason r --yes
mute nothing --env local --for soon --reason r --yes
unmute nothing --env local --yes
shadow nothing --env local
shadow nothing --env local --samples x
promote nothing --to local --yes
status --env nothing
status --env local --out plan.json
history nothing --env local
history --env nothing
verify --env nothing
verify --env local --trust nothing
worker --env local --events nothing.jsonl
worker --env local --events -
worker --env local --listen localhost:0
worker --env local --source nothing --events events.jsonl
manifests --env local --image i
manifests --env staging --image i --out events.jsonl
coverage --out page --at 2026-01-01
coverage --out page --env local --at nonsense
coverage --out page --env local
coverage --out events.jsonl --env local
engines up kafka --port flink=1
serve --env nothing
serve --env local --listen nothing
serve --env local --database mysql://x
noise --env local
replay nothing --env local
noise --env local --database mysql://x
noise --env local --server nothing
replay nothing.json --env local
replay events.jsonl --env local
token create x --role reader --database mysql://x
token list --database mysql://x
token revoke nothing
review approvals --plan nothing.json --env local --out approvals
review approve --run 7 --file nothing.json --branch main --key env:NOTHING --out approvals
review break-glass --env local --file nothing.json --reviewer r --reason r --key env:K --out a.json
review notes --project 1 --api http://127.0.0.1:9 --page http://127.0.0.1:9
review comment nothing.json
review make --base nothing --out out.json
review post --nothing
review record --env local --approval nothing.json
schema nothing
source list --nothing
nothing
"""
WITH_ERRORS = """
validate
validate detections/rules/payments/broken.yml
test
scan --rules detections/rules --events events.jsonl
scan --rules detections/rules --events events.jsonl --strict
scan --rules detections/rules --events events.jsonl --stats
explain broken --event events.jsonl
explain detections/rules/payments/broken.yml --event events.jsonl
compile
lock
lock --check
plan --env local
apply --env local --yes
"""


def failing(lines: str) -> list[list[str]]:
    return [line.split() for line in lines.strip().splitlines()]


def fails_in_json(words: list[str], tocsin: Tocsin, folder: Path) -> None:
    fmt = "jsonl" if words[0] == "scan" else "json"
    ended = tocsin(*words, "--format", fmt, cwd=folder)
    assert ended.code in (1, 2), ended
    told_in_json(ended, lines=fmt == "jsonl")


def told_in_json(ended: Ended, *, lines: bool = False) -> None:
    """A result, else an error; a scan's result may be nothing."""
    for value in ended.stdout.splitlines() if lines else [ended.stdout] if ended.stdout else []:
        json.loads(value)
    if lines or not ended.stdout:
        assert json.loads(ended.stderr.splitlines()[-1])["error"]["exit_code"] == ended.code


@pytest.mark.parametrize("words", failing(WITHOUT_PROJECT), ids=" ".join)
def test_without_a_project(words: list[str], tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("nonsense")
    fails_in_json(words, tocsin, tmp_path)


@pytest.mark.parametrize("words", failing(IN_A_PROJECT), ids=" ".join)
def test_in_a_project(words: list[str], tocsin: Tocsin, root: Path) -> None:
    (root / "events.jsonl").write_text('{"action": "refund"}\n')
    fails_in_json(words, tocsin, root)


@pytest.mark.parametrize("words", failing(WITH_ERRORS), ids=" ".join)
def test_with_errors_in_files(words: list[str], tocsin: Tocsin, root: Path) -> None:
    (root / "events.jsonl").write_text('{"action": "refund"}\nnonsense\n')
    rule(root, "broken", "no_such_field: x")
    fails_in_json(words, tocsin, root)


def test_every_command_is_among_them() -> None:
    every = failing(WITHOUT_PROJECT + IN_A_PROJECT + WITH_ERRORS)
    for name, _ in commands():
        assert any(words[: len(name.split())] == name.split() for words in every), name


@pytest.mark.parametrize("words", ["apply", "rollback --to 1", "rollback refund-abroad"])
def test_so_is_the_answer_no(words: str, tocsin: Tocsin, root: Path) -> None:
    if words != "apply":
        for selection in ("action: refund", "action: refund.begin"):
            rule(root, "refund-abroad", selection)
            assert tocsin("apply", "--env", "local", "--yes", cwd=root).code == 0
    ended = answered(words.split(), "n\n", root)
    told_in_json(ended)
    told = json.loads(ended.stderr.splitlines()[-1])["error"]
    assert (ended.stdout, ended.code, told["code"]) == ("", 1, "declined")
    ended = answered(words.split(), "y\n", root)
    assert ended.code == 0, ended.stderr
    assert json.loads(ended.stdout)["release"]["number"] == (1 if words == "apply" else 3)


def answered(words: list[str], answer: str, folder: Path) -> Ended:
    """A command whose question is answered on a terminal."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    done = subprocess.run(
        [*COMMAND, *words, "--env", "local", "--format", "json"],
        cwd=folder,
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    os.close(theirs)
    os.close(ours)
    return Ended(done.returncode, done.stdout, done.stderr)
