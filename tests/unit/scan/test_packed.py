"""Two forms of a scan: which is chosen, that both say the same, and what has only one."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from authoring import events, rule, write
from tocsin.backend.forms import Form, FormCosts
from tocsin.backend.registry import by_engine
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin.scan.packed import form_of

EVENTS: list[dict[str, Any]] = [
    {"Image": "C:\\Windows\\cmd.exe", "n": {"deep": 1}},
    {"Image": "C:\\Windows\\CMD.EXE", "list": ["a", None]},
    {"Image": "other"},
    {"Image": ["x.exe", "y"], "n": {"deep": {}}},
    {"Image": None},
]


@pytest.fixture
def scanned(tmp_path: Path) -> Any:
    selections = {"a": {"Image|endswith": "\\cmd.exe"}, "b": {"n.deep": 1}, "c": {"list": "A"}}
    detection = {**selections, "d": {"Image": None}, "condition": "a or b or c or d"}
    found = write(tmp_path / "rule.yml", rule(detection=detection))
    return partial(scan, found, events(tmp_path / "events.jsonl", *EVENTS))


def scan(rules: Path, file: Path, *options: str) -> Result:
    given = ["scan", "--rules", str(rules), "--events", str(file), *options]
    return CliRunner().invoke(main_group, [*given, "--ignore-logsource", "--stats"])


def figures(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stderr.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("options", "form"),
    [
        (("--engine", "duckdb"), "sql"),
        (("--engine", "duckdb", "--form", "sql"), "sql"),
        (("--engine", "duckdb", "--form", "pack"), "pack"),
        (("--engine", "matcher"), "pack"),
    ],
)
def test_all_forms_say_the_same(scanned: Any, options: tuple[str, ...], form: str) -> None:
    right, found = scanned(), scanned(*options)
    assert found.exit_code == 0, found.stderr
    assert found.stdout == right.stdout
    assert figures(found)["form"] == form
    assert figures(found)["matches"] == figures(right)["matches"] > 0


def test_what_has_one_form_takes_none(scanned: Any) -> None:
    assert isinstance(scanned("--engine", "matcher", "--form", "sql").exception, ConfigError)
    with pytest.raises(ConfigError, match="runs no packs"):
        form_of(by_engine("kafka"), Form.PACK, 1000, 1000)
    assert form_of(by_engine("kafka"), None, 1000, 1000) is Form.SQL


def test_the_cheaper_form_by_measured_costs() -> None:
    duckdb = by_engine("duckdb")
    assert form_of(duckdb, None, 3, 100) is Form.SQL
    assert form_of(duckdb, None, 1000, 100) is Form.PACK
    assert form_of(duckdb, Form.SQL, 1000, 100) is Form.SQL
    costs = FormCosts(1.0, 0.1, 10.0, 0.5, 0.0)
    assert costs.sql(4, 10) == 8.0
    assert costs.pack(4, 10) == 12.0
    assert costs.cheaper(4, 10) is Form.SQL
    assert costs.cheaper(8, 10) is Form.PACK


def test_an_event_that_is_too_deep_is_told(tmp_path: Path) -> None:
    deep: Any = "cmd.exe"
    for _ in range(150):
        deep = {"below": deep}
    keyword = rule(detection={"words": ["cmd.exe"], "condition": "words"})
    file = events(tmp_path / "deep.jsonl", {"at": deep}, {"at": "run cmd.exe"})
    found = scan(write(tmp_path / "rule.yml", keyword), file, "--engine", "matcher")
    assert [json.loads(line)["event"] for line in found.stdout.splitlines()] == [0]
    assert "deep.jsonl:1:1: error TOC071: nested deeper than 100 levels" in found.stderr
    assert found.exit_code == 1
