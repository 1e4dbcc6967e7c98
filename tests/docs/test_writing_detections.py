"""The page on writing detections: its files are a project without findings, its tables hold."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from correlating import correlation, load, main_of
from small_project import fenced_files, write_project
from tocsin.cases.run import run_evaluator
from tocsin.check import run_checks
from tocsin.front.key import KNOWN
from tocsin.front.project import Project, load_project
from tocsin.front.selection import Lowering
from tocsin.front.yaml import YamlDocument
from tocsin.ir.evaluate import evaluate
from tocsin.ir.query import Query
from tocsin.ir.stream import completions, observe

PAGE = (Path(__file__).parents[2] / "docs" / "writing-detections.md").read_text("utf-8")
TABLES = re.findall(r"^```text meaning\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ROWS = [line for table in TABLES for line in table.splitlines()]
WINDOWS = re.findall(r"^```text windows\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


ALERTING = {"admin_role_granted", "password-guessed", "scanner-probes-office-only-page"}
CORRELATION = {"rules": "[a, b]", "timespan": "10m", "group_by": "[user]", "condition": ""}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load_project(write_project(tmp_path, fenced_files(PAGE)))


def test_every_block_is_a_file_or_a_table() -> None:
    opened = re.findall(r"^```(\w.*)$", PAGE, re.MULTILINE)
    assert len(opened) == len(fenced_files(PAGE)) + len(TABLES) + len(WINDOWS)


def test_files_have_no_findings(project: Project) -> None:
    assert project.diagnostics == ()
    assert run_checks(project) == []
    assert {query.detection.key for query in project.queries if query.alerts} == ALERTING
    assert len(project.queries) == len(ALERTING) + 3


def test_cases_pass(project: Project) -> None:
    verdicts = list(run_evaluator(project.queries))
    assert [v.problems for v in verdicts] == [()] * 8


def test_filter_takes_back(project: Project) -> None:
    query = project.queries[0]
    assert isinstance(query, Query)
    event = {"action": "role.grant", "outcome": "success", "target": {"role": "admin"}}
    assert evaluate(query.matches, event)
    assert not evaluate(query.matches, {**event, "actor": {"id": "break-glass"}})


@pytest.mark.parametrize("row", WINDOWS[0].splitlines())
def test_windows(row: str, tmp_path: Path) -> None:
    keys, told, expected = re.split(r" {2,}", row)
    given = {key: json.dumps(value) for key, value in yaml.safe_load(f"{{{keys}}}").items()}
    text = correlation(**CORRELATION | given)
    query = main_of(load(tmp_path, text))
    found = completions(query, observe(query.events, [*map(event, told.split())]))
    numbers = sorted(done.event[1] for done in found.completed)
    assert " ".join(map(str, numbers)) == expected.replace("-", "")


def event(told: str) -> dict[str, Any]:
    """The event of `rule@minute/user=amount`."""
    parts = re.fullmatch(r"(\w)@(\d+)(?:/(\w))?(?:=(-?\d+))?", told)
    assert parts, told
    rule, minute, user, amount = parts.groups()
    made = {"time": f"2026-01-01T00:{minute:0>2}:00Z", "action": rule, "user": user or "u"}
    return made | ({"amount": int(amount)} if amount else {})


@pytest.mark.parametrize("row", ROWS)
def test_meaning(row: str) -> None:
    found = re.fullmatch(r"(.+?) {2,}(\{.*\}) +(yes|no)", row)
    assert found, row
    item, event, expected = found.groups()
    lowering = Lowering(YamlDocument("", {}), ())
    expr = lowering.selection(yaml.safe_load(item), ())
    assert lowering.diagnostics == []
    assert evaluate(expr, json.loads(event)) is (expected == "yes")


def test_every_modifier_is_described() -> None:
    synonyms = {"ignorecase", "multiline", "dotall"}
    assert {m for m in KNOWN if f"`{m}`" not in PAGE and f"|{m}" not in PAGE} == synonyms
