"""`tocsin explain`: verdicts, trees and near misses."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from small_project import write_project
from tocsin.cases.events import arrivals
from tocsin.cases.explain import explain as why
from tocsin.cases.explain import named
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin.front.project import load_project
from tocsin.front.selection import Lowering
from tocsin.front.yaml import YamlDocument
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.near import near_misses
from tocsin.ir.query import Query

CONTENT = Path(__file__).parents[4] / "detections"
RULE = """\
title: Administrator Role Granted
id: 11111111-1111-4111-8111-111111111111
name: role_granted
status: test
logsource: {product: app, service: audit}
detection:
  selection:
    action: role.grant
    target.role|endswith: admin
  filter_workflow:
    actor.id: svc-approvals
  condition: selection and not filter_workflow
level: high
"""
FILTER = """\
title: Break Glass
id: 22222222-2222-4222-8222-222222222222
logsource: {product: app, service: audit}
filter:
  rules: [role_granted]
  selection: {client.ip: 192.0.2.1}
  condition: not selection
"""
FIRES = {"action": "role.grant", "target": {"role": "admin"}}


def explain(*words: str | Path, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main_group, ["explain", *map(str, words)], input=stdin)


def trees(*words: str | Path, event: Any = None) -> list[dict[str, Any]]:
    stdin = None if event is None else json.dumps(event)
    result = explain(
        *words, *(("--event", "-") if event is not None else ()), "--format", "json", stdin=stdin
    )
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def flat(tree: dict[str, Any]) -> dict[str, tuple[bool, str]]:
    """Truth and value seen of every node, by label."""
    mine = {tree["label"]: (tree["holds"], tree["seen"])}
    for part in tree["below"]:
        mine |= flat(part)
    return mine


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_project(tmp_path, {"rules/app/role-granted.yml": RULE})


def test_tree_of_a_match(root: Path) -> None:
    [found] = trees("role_granted", "--project", root, event=FIRES)
    assert (found["key"], found["event"], found["matches"], found["hints"]) == (
        "role_granted",
        0,
        True,
        [],
    )
    assert flat(found["tree"]) == {
        "Administrator Role Granted": (True, ""),
        "condition: selection and not filter_workflow": (True, ""),
        "selection selection": (True, ""),
        "action is 'role.grant'": (True, "'role.grant'"),
        "target.role is '*admin'": (True, "'admin'"),
        "selection filter_workflow": (False, ""),
        "actor.id is 'svc-approvals'": (False, "missing"),
    }


@pytest.mark.parametrize(
    "word", ["role_granted", "role-granted", "11111111-1111-4111-8111-111111111111"]
)
def test_detection_by_key_file_name_or_id(word: str, root: Path) -> None:
    assert trees(word, "--project", root, event=FIRES)[0]["matches"]


def test_file_of_a_project_is_bound_to_its_source_and_filters(root: Path) -> None:
    (root / "rules" / "break-glass.yml").write_text(FILTER)
    file = root / "rules" / "app" / "role-granted.yml"
    [found] = trees(file, event={**FIRES, "client": {"ip": "192.0.2.1"}})
    assert not found["matches"]
    assert flat(found["tree"])["Sigma filter"] == (False, "")
    assert flat(found["tree"])["selection selection"][0]


def test_file_without_a_project(tmp_path: Path) -> None:
    (tmp_path / "any.yml").write_text(
        RULE.replace(
            "{product: app, service: audit}", "{product: windows, category: process_creation}"
        )
    )
    [found] = trees(tmp_path / "any.yml", event=FIRES)
    assert not found["matches"]
    assert found["hints"][0].startswith(
        "the event does not belong to the log source product=windows, category=proc"
    )


def test_every_detection_of_the_content_explains_its_own_cases() -> None:
    project = load_project(CONTENT)
    for query in (each for each in project.queries if isinstance(each, Query)):
        parts = named(query, {})
        for case in query.detection.cases:
            for _, event in arrivals(case, query.sources):
                found = why(parts, event)
                assert found.matches == evaluate(query.matches, View(event, query.source.renamed))
                assert found.tree.holds == all(part.holds for part in found.tree.below)
                assert not (found.matches and found.hints)


def test_text_marks_and_hints(root: Path) -> None:
    event = {"Action": "role.grant", "target": {"role": "admin "}}
    result = explain("role_granted", "--project", root, "--event", "-", stdin=json.dumps(event))
    assert result.exit_code == 0
    assert "event 0 does not match role_granted" in result.stdout
    assert "- target.role is '*admin'   (event: 'admin ')" in result.stdout
    assert "hint: action: the event has Action: field names are case-sensitive" in result.stdout
    assert "hint: target.role: 'admin ' has whitespace around it" in result.stdout
    assert "\x1b[" not in result.stdout
    assert "0 of 1 match" in result.stderr


def test_long_lists_take_one_line(root: Path) -> None:
    file = root / "rules" / "app" / "role-granted.yml"
    values = ", ".join(f"value-{n}" for n in range(3000))
    file.write_text(RULE.replace("role.grant", f"[{values}]"))
    result = explain(file, "--event", "-", stdin=json.dumps(FIRES))
    assert "- any of 3000, such as action is 'value-0'   (event: 'role.grant')" in result.stdout
    assert len(result.stdout.splitlines()) < 20


@pytest.mark.parametrize(
    ("selection", "event", "hint"),
    [
        (
            "{a|cased: Admin}",
            {"a": "ADMIN"},
            "a: 'ADMIN' differs only in upper and lower case, which `cased` compares",
        ),
        (
            "{a|re: ^adm}",
            {"a": "ADMIN"},
            "a: 'ADMIN' differs only in upper and lower case: use `re|i`",
        ),
        ("{a: x}", {"a": "x\n"}, r"a: 'x\n' has whitespace around it"),
        ("{a: 5}", {"a": "5.0"}, "a: '5.0' is text, not the number 5"),
        ("{a|gt: 5}", {"a": " 10 "}, "a: ' 10 ' has whitespace around it"),
        (
            "{a: curl}",
            {"a": "/bin/curl"},
            "a: '/bin/curl' contains it, but is longer: use `contains`",
        ),
        ("{user: x}", {"User": "x"}, "user: the event has User: field names are case-sensitive"),
        ("{user: x}", {"actor": {"User": "x"}}, "user: missing, but the event has actor.User"),
        ("{user: alice}", {"login": "Alice"}, "user: missing, but such a value is in login"),
        ("{a.b: x}", {"a": [{"b": "x"}]}, "a.b: a is an array; paths lead only through maps"),
        ("{a: x}", {"a": None}, "a: is null or empty, which counts as missing"),
        ("{a: x}", {"a": {"b": "x"}}, "a: holds a map, which has no text; below it: a.b"),
        ("{a|exists: true}", {"A": 1}, "a: the event has A: field names are case-sensitive"),
        ("{a|fieldref: b}", {"A": 1, "b": 1}, "a: the event has A: field names are case-sensitive"),
        ("{a: x}", {"b": "y"}, None),
        ("{a: x}", {"a": "y"}, None),
        ("{a: x}", {"a": "x"}, None),
    ],
)
def test_near_misses(selection: str, event: dict[str, Any], hint: str | None) -> None:
    expr = Lowering(YamlDocument("", {}), ()).selection(yaml.safe_load(selection), ())
    assert near_misses(expr, View(event)) == ([] if hint is None else [hint])


def test_keys_of_events_cannot_speak_to_the_terminal(root: Path) -> None:
    event = {"x\x1b]0;owned\x07": {"action": "role.grant"}}
    result = explain("role_granted", "--project", root, "--event", "-", stdin=json.dumps(event))
    assert r"the event has x\x1b]0;owned\x07.action" in result.stdout
    assert "\x1b" not in result.stdout


def test_no_hint_where_a_false_leaf_is_wanted_false(root: Path) -> None:
    event = {**FIRES, "target": {"role": "user"}, "actor": {"ID": "svc-approvals"}}
    assert trees("role_granted", "--project", root, event=event)[0]["hints"] == []


# --- events ------------------------------------------------------------------------------------


def test_lines_arrays_objects_and_gzip_are_read(root: Path, tmp_path: Path) -> None:
    two = [FIRES, {"action": "other"}]
    lines = "\n".join(map(json.dumps, two))
    for name, data in {
        "lines.jsonl": lines.encode(),
        "array.json": json.dumps(two, indent=2).encode(),
        "lines.jsonl.gz": gzip.compress(lines.encode()),
    }.items():
        (tmp_path / name).write_bytes(data)
        found = trees("role_granted", "--project", root, "--event", tmp_path / name)
        assert [each["matches"] for each in found] == [True, False], name
    (tmp_path / "one.json").write_text(json.dumps(FIRES, indent=2))
    assert len(trees("role_granted", "--project", root, "--event", tmp_path / "one.json")) == 1
    [second] = trees(
        "role_granted", "--project", root, "--event", tmp_path / "array.json", "--number", "1"
    )
    assert (second["event"], second["matches"]) == (1, False)


@pytest.mark.parametrize("name", ["broken.jsonl", "-"])
def test_broken_lines_are_named_and_the_rest_is_explained(
    name: str, root: Path, tmp_path: Path
) -> None:
    text = json.dumps(FIRES) + "\nnot json\n"
    (tmp_path / "broken.jsonl").write_text(text)
    file = name if name == "-" else str(tmp_path / name)
    result = explain("role_granted", "--project", root, "--event", file, stdin=text)
    assert result.exit_code == 1
    assert "event 0 matches role_granted" in result.stdout
    assert f"{'stdin' if name == '-' else file}:2:1: error TOC071" in result.stderr


# --- mistakes ----------------------------------------------------------------------------------


def test_unknown_detection_with_suggestion(root: Path) -> None:
    error = explain("role_grantd", "--project", root, "--event", "-", stdin="{}").exception
    assert isinstance(error, ConfigError)
    assert error.hint == "did you mean 'role_granted'?"


def test_event_number_out_of_range(root: Path) -> None:
    error = explain(
        "role_granted", "--project", root, "--event", "-", "--number", "1", stdin="{}"
    ).exception
    assert isinstance(error, ConfigError)
    assert error.hint == "events are numbered from 0 to 0"


def test_missing_event_file(root: Path) -> None:
    error = explain("role_granted", "--project", root, "--event", root / "none").exception
    assert isinstance(error, ConfigError)
    assert "no such file" in error.message


def test_rule_with_errors_is_shown_them(root: Path) -> None:
    file = root / "rules" / "app" / "role-granted.yml"
    file.write_text(RULE.replace("endswith", "endwith"))
    result = explain(file, "--event", "-", stdin="{}")
    assert isinstance(result.exception, ConfigError)
    assert result.exception.exit_code == 1
    assert "TOC021" in result.stderr
