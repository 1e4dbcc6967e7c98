"""`-` is stdin wherever a file is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from authoring import OTHER_ID, RULE_ID, events, project, rule, write
from conftest import Tocsin
from unit.cli.payments import RULE

GIVEN = yaml.safe_dump(rule(), sort_keys=False)
WRONG = yaml.safe_dump(rule(level="huge"), sort_keys=False)
EVENT = '{"action": "refund"}\n'


def test_a_rule_is_validated_with_excerpts(tocsin: Tocsin, tmp_path: Path) -> None:
    assert tocsin("validate", "-", cwd=tmp_path, stdin=GIVEN).code == 0
    ended = tocsin("validate", "-", cwd=tmp_path, stdin=WRONG)
    assert ended.code == 1
    assert ended.stdout.startswith("stdin:4:8: error TOC010: 'huge'")
    assert "    4 | level: huge\n        " in ended.stdout
    [found] = json.loads(tocsin("validate", "-", "--format", "json", stdin=WRONG).stdout)
    assert (found["file"], found["line"]) == ("-", 4)


def test_a_rule_is_validated_among_others_and_in_a_project(tocsin: Tocsin, tmp_path: Path) -> None:
    root = project(tmp_path, {"other.yml": rule(id=OTHER_ID, name="other")})
    for cwd in (root, root / "rules"):
        ended = tocsin("validate", "-", str(root / "rules/other.yml"), cwd=cwd, stdin=WRONG)
        assert ended.code == 1
        assert "stdin:4:8: error TOC010" in ended.stdout


def test_empty_and_large_and_no_text(tocsin: Tocsin) -> None:
    assert "TOC006: the file is empty" in tocsin("validate", "-", stdin="").stdout
    large = f"{GIVEN}# {'x' * 3_000_000}"
    assert "it is larger than 2 MiB" in tocsin("validate", "-", stdin=large).stdout
    assert "TOC006" in tocsin("validate", "-", stdin="just words").stdout


def test_compile_and_explain(tocsin: Tocsin, tmp_path: Path) -> None:
    compiled = tocsin("compile", "-", "--target", "batch-sql", "--format", "json", stdin=GIVEN)
    assert json.loads(compiled.stdout)["batch-sql"]["compiled"] == 1
    file = events(tmp_path / "e.jsonl", {"action": "refund"})
    ended = tocsin("explain", "-", "--event", file, "--format", "json", stdin=GIVEN)
    [told] = json.loads(ended.stdout)
    assert told["rule"] == RULE_ID
    path = write(tmp_path / "r.yml", rule())
    assert "1 of 1 " in tocsin("explain", path, "--event", "-", stdin=EVENT).stderr


def test_rules_of_a_scan(tocsin: Tocsin, tmp_path: Path) -> None:
    file = events(tmp_path / "e.jsonl", {"action": "refund"})
    ended = tocsin("scan", "--rules", "-", "--events", file, stdin=GIVEN)
    assert json.loads(ended.stdout)["rule"] == RULE_ID


def test_a_plan_and_its_evidence(root: Path, tocsin: Tocsin) -> None:
    assert tocsin("plan", "--env", "local", "--out", "plan.json", cwd=root).code == 0
    plan = (root / "plan.json").read_text()
    both = tocsin("apply", "--env", "local", "--plan", "-", "--evidence", "-", stdin=plan)
    assert (both.code, both.stdout) == (2, "")
    assert "the plan and the evidence are one file" in both.stderr
    given = ["apply", "--env", "local", "--plan", "plan.json", "--evidence", "-"]
    assert "release 1 of local" in tocsin(*given, cwd=root, stdin='{"tests": 1}').stdout
    assert tocsin("plan", "--env", "local", "--out", "plan.json", cwd=root).code == 0
    again = tocsin("apply", "--env", "local", "--plan", "-", cwd=root, stdin="nonsense")
    assert "- is not a saved plan" in again.stderr


def test_a_plan_of_stdin_is_deployed(root: Path, tocsin: Tocsin) -> None:
    assert tocsin("plan", "--env", "local", "--out", "plan.json", cwd=root).code == 0
    plan = (root / "plan.json").read_text()
    ended = tocsin("apply", "--env", "local", "--plan", "-", cwd=root, stdin=plan)
    assert "release 1 of local" in ended.stdout, ended.stderr


@pytest.mark.parametrize(
    "words", ["explain - --event -", "scan --rules - --events -", "scan --rules . --events - -"]
)
def test_stdin_is_one_file(tocsin: Tocsin, tmp_path: Path, words: str) -> None:
    write(tmp_path / "r.yml", rule())
    ended = tocsin(*words.split(), cwd=tmp_path, stdin=GIVEN)
    assert (ended.code, ended.stdout) == (2, "")
    assert "standard input is asked for twice" in ended.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("test -", "cases are not read from standard input"),
        ("worker --env local -", "a worker does not read events from standard input"),
    ],
)
def test_where_it_makes_no_sense_it_is_refused(
    root: Path, tocsin: Tocsin, words: str, why: str
) -> None:
    ended = tocsin(*words.split(), cwd=root, stdin=RULE)
    assert (ended.code, ended.stdout) == (2, "")
    assert why in ended.stderr
    assert "hint: " in ended.stderr
