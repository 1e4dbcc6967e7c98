"""`tocsin test`."""

import json
from pathlib import Path

from authoring import project, rule
from conftest import Tocsin


def test_test_shows_names_and_events_as_they_are(tocsin: Tocsin, tmp_path: Path) -> None:
    tests = [{"name": "[/x] [b]y", "events": [{"action": "[/red]"}], "expect": {"alerts": 1}}]
    root = project(tmp_path / "[bold]", {"r.yml": rule(tocsin={"tests": tests})})
    ended = tocsin("test", root, env={"COLUMNS": "200"})
    assert ended.code == 1
    assert "[/x] [b]y" in ended.stderr
    assert "'[/red]'" in ended.stderr
    assert "[bold]" in ended.stderr


def test_test_in_json_and_junit(tocsin: Tocsin, tmp_path: Path) -> None:
    tests = [{"name": "fires", "events": [{"action": "refund"}], "expect": {"alerts": 1}}]
    root = project(tmp_path, {"r.yml": rule(tocsin={"tests": tests})})
    ended = tocsin("test", root, "--format", "json", "--junit", tmp_path / "out.xml")
    assert ended.code == 0
    [found] = json.loads(ended.stdout)
    assert (found["case"], found["status"], found["engine"]) == ("fires", "passed", "evaluator")
    assert b'<testsuite name="tocsin.evaluator"' in (tmp_path / "out.xml").read_bytes()


def test_test_of_a_rule_with_errors_is_1(tocsin: Tocsin, tmp_path: Path) -> None:
    root = project(tmp_path, {"r.yml": rule(level="huge")})
    ended = tocsin("test", root)
    assert ended.code == 1
    assert "not tested because of errors: 1 error" in ended.stderr
