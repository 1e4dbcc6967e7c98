"""Findings point at the very word, and their hints name the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from small_project import write_project
from tocsin.diagnostics import Diagnostic
from tocsin.errors import ConfigError
from tocsin.front.collect import collect
from tocsin.front.project import load_project, read_settings

RULE = """\
title: Payout Destination Changed
id: 6d3f2c1e-6a51-4a55-8a53-0d8f3f2c1e00
logsource: {product: app, service: audit}
detection:
  one:
    action: payout.update
  other:
    - actor.id: u-1
    - changed|gt: 5
  condition: one and other
"""


def findings(tmp_path: Path, text: str) -> list[Diagnostic]:
    (tmp_path / "rule.yml").write_text(text, "utf-8")
    return list(collect([tmp_path / "rule.yml"]).diagnostics)


@pytest.mark.parametrize(
    ("was", "now", "hint"),
    [
        ("  one:\n", "\tone:\n", "indent with spaces, not with tabs"),
        ("Payout D", "Payout: D", "quote text that contains `: `, or check the indentation"),
        ("Payout D", "%Payout D", "quote text that begins with %, @ or `"),
        ("audit}", "audit", "close it with `}`, or quote the text if it begins with `{`"),
        ("  other:", " other:", "indent it like the lines it belongs to"),
        ("Payout D", '"\\q" D', "use single quotes, in which a backslash is a plain character"),
    ],
)
def test_yaml_syntax(tmp_path: Path, was: str, now: str, hint: str) -> None:
    (found,) = findings(tmp_path, RULE.replace(was, now, 1))
    assert (found.code, found.hint) == ("TOC002", hint)


@pytest.mark.parametrize("broken", ["detection: &a {one: *a}\n", "x: {<<: {a: 1}}\n", "x: !t {}\n"])
def test_nothing_is_said_about_values_that_were_dropped(tmp_path: Path, broken: str) -> None:
    text = RULE.split("detection:", maxsplit=1)[0] + broken
    assert {d.code for d in findings(tmp_path, text)} == {"TOC005"}


@pytest.mark.parametrize(
    ("block", "message", "hint"),
    [
        ("{ower: a}", "tocsin.ower: unknown key", "did you mean 'owner'?"),
        ("{alert: {dedup: {bye: [a], for: 1h}}}", "tocsin.alert.dedup.by: is missing", ""),
        ("{alert: {dedupe: {}}}", "tocsin.alert.dedupe: unknown key", "did you mean 'dedup'?"),
        ("{alert: {x: 1}}", "tocsin.alert.x: unknown key", "known keys: dedup, playbook"),
        ("payments", "tocsin: must be a map", ""),
        (
            "{tests: [{name: a, events: [{}], expect: {alert: 1}}]}",
            "tocsin.tests.0.expect.alert: unknown key",
            "did you mean 'alerts'?",
        ),
    ],
)
def test_keys_of_the_block(tmp_path: Path, block: str, message: str, hint: str) -> None:
    found = findings(tmp_path, f"{RULE}tocsin: {block}\n")[0]
    assert (found.code, found.message, found.hint) == ("TOC050", message, hint)


def test_a_condition_names_the_word_at_fault(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, RULE.replace("one and other", "one and or"))
    assert found.message == "expected a selection, not `or`"
    assert (found.span.line, found.span.column) == (10, 22)


@pytest.mark.parametrize(
    ("was", "now", "code", "place"),
    [
        ("action:", "actoin:", "TOC047", (6, 5)),
        ("- actor.id:", "- actor.idd|contains:", "TOC047", (8, 7)),
        ("changed|gt", "actor.mfa|gt", "TOC048", (9, 7)),
        ("service: audit", "service: audti", "TOC045", (3, 1)),
    ],
)
def test_what_does_not_fit_the_source(
    tmp_path: Path, was: str, now: str, code: str, place: tuple[int, int]
) -> None:
    root = write_project(tmp_path, {"rules/rule.yml": RULE.replace(was, now)})
    (found,) = load_project(root).diagnostics
    assert (found.code, (found.span.line, found.span.column)) == (code, place)


def test_findings_name_files_as_seen_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_project(tmp_path, {"rules/rule.yml": RULE.replace("action:", "actoin:")})
    monkeypatch.chdir(tmp_path)
    assert [d.span.file for d in load_project(root).diagnostics] == ["rules/rule.yml"]


def test_settings_name_every_mistake(tmp_path: Path) -> None:
    text = "[environments.local]\nkind = 'zeppelin'\nbakcend = 'batch-sql'\n"
    (tmp_path / "tocsin.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_settings(tmp_path)
    for said in ("kind: must be 'local'", "backend: is missing", "bakcend: unknown key"):
        assert f"environments.local.{said}" in caught.value.message
    place = {"file": str(tmp_path / "tocsin.toml"), "line": 2, "column": 1}
    assert caught.value.place == place
    assert caught.value.hint == "did you mean 'backend'?"
