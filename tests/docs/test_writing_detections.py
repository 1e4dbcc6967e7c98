"""The page on writing detections: its files are a project without findings, its tables hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tocsin.cases.run import run_evaluator
from tocsin.check import run_checks
from tocsin.front.item import KNOWN
from tocsin.front.project import Project, load_project
from tocsin.front.selection import Lowering
from tocsin.front.yaml import Document
from tocsin.ir.evaluate import evaluate
from unit.small_project import fenced_files, write_project

PAGE = (Path(__file__).parents[2] / "docs" / "writing-detections.md").read_text("utf-8")
TABLES = re.findall(r"^```text meaning\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ROWS = [line for table in TABLES for line in table.splitlines()]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load_project(write_project(tmp_path, fenced_files(PAGE)))


def test_every_block_is_a_file_or_a_table() -> None:
    opened = re.findall(r"^```(\w.*)$", PAGE, re.MULTILINE)
    assert len(opened) == len(fenced_files(PAGE)) + len(TABLES)


def test_files_have_no_findings(project: Project) -> None:
    assert project.diagnostics == ()
    assert run_checks(project) == []
    assert len(project.queries) == 2


def test_cases_pass(project: Project) -> None:
    verdicts = list(run_evaluator(project.queries))
    assert [v.problems for v in verdicts] == [()] * 5


def test_filter_takes_back(project: Project) -> None:
    query = project.queries[0]
    event = {"action": "role.grant", "outcome": "success", "target": {"role": "admin"}}
    assert evaluate(query.matches, event)
    assert not evaluate(query.matches, {**event, "actor": {"id": "break-glass"}})


@pytest.mark.parametrize("row", ROWS)
def test_meaning(row: str) -> None:
    found = re.fullmatch(r"(.+?) {2,}(\{.*\}) +(yes|no)", row)
    assert found, row
    item, event, expected = found.groups()
    lowering = Lowering(Document("", {}), ())
    expr = lowering.selection(yaml.safe_load(item), ())
    assert lowering.diagnostics == []
    assert evaluate(expr, json.loads(event)) is (expected == "yes")


def test_every_modifier_is_described() -> None:
    synonyms = {"ignorecase", "multiline", "dotall"}
    assert {m for m in KNOWN if f"`{m}`" not in PAGE and f"|{m}" not in PAGE} == synonyms
