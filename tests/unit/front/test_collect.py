"""Files and folders to rules: duplicates, filters, case files."""

from pathlib import Path

import pytest

from authoring import OTHER_ID, RULE_ID, codes, rule, write
from tocsin.diagnostics import Severity
from tocsin.errors import ConfigError
from tocsin.front.collect import collect, rule_files
from tocsin.ir.evaluate import evaluate


def test_files_below_folders_sorted_and_once(tmp_path: Path) -> None:
    for name in ("b/z.yml", "a/y.yaml", "a/x.yml", "a/x.test.yml", "a/notes.txt", "c.json"):
        write(tmp_path / name, rule())
    found, wrong = rule_files([tmp_path, tmp_path / "a", tmp_path / "b/z.yml"])
    assert wrong == []
    assert [str(f.relative_to(tmp_path)) for f in found] == ["a/x.yml", "a/y.yaml", "b/z.yml"]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file or folder"):
        collect([tmp_path / "nothing"])


def test_several_documents_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "two.yml"
    write(path, rule(name="one"))
    first = path.read_text()
    write(path, rule(id=OTHER_ID, name="two"))
    path.write_text(f"{first}---\n{path.read_text()}")
    found = collect([path])
    assert [r.detection.name for r in found.rules] == ["one", "two"]
    assert found.rules[1].detection.span.line == first.count("\n") + 2


def test_a_good_rule_beside_a_bad_one_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "good.yml", rule())
    write(tmp_path / "bad.yml", rule(id=OTHER_ID, level="huge"))
    found = collect([tmp_path])
    assert [r.detection.id for r in found.rules] == [RULE_ID]
    assert codes(found.diagnostics) == ["TOC010"]
    assert found.files == 2


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n", "---\n"])
def test_an_empty_file(tmp_path: Path, content: str) -> None:
    found = collect([write(tmp_path / "empty.yml", content)])
    assert codes(found.diagnostics) == ["TOC006"]


def test_no_document_of_a_file_with_a_bad_key_is_trusted(tmp_path: Path) -> None:
    found = collect([write(tmp_path / "r.yml", "title: a\ntitle: b\n")])
    assert found.rules == ()
    assert "TOC003" in codes(found.diagnostics)


def test_a_second_id_is_refused_and_names_the_first(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule())
    write(tmp_path / "b.yml", rule(title="Another"))
    found = collect([tmp_path])
    assert [r.detection.meta.title for r in found.rules] == ["Refund Without Order"]
    [duplicate] = found.diagnostics
    assert (duplicate.code, duplicate.span.file) == ("TOC040", str(tmp_path / "b.yml"))
    assert duplicate.hint == f"first used at {tmp_path / 'a.yml'}:1"


def test_a_second_name_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule(name="same"))
    write(tmp_path / "b.yml", rule(id=OTHER_ID, name="same"))
    found = collect([tmp_path])
    assert [d.message for d in found.diagnostics] == ["the name same is used twice"]


def known(**changes: object) -> dict[str, object]:
    body = {"rules": [RULE_ID], "known": {"user": "root"}, "condition": "not known"}
    return {"title": "Known", "logsource": {"product": "shop"}, "filter": body | changes}


def test_a_filter_is_anded_with_the_rule_it_names(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule())
    write(tmp_path / "b.yml", rule(id=OTHER_ID, name="other"))
    write(tmp_path / "filter.yml", known())
    found = collect([tmp_path])
    assert found.diagnostics == ()
    a, b = found.rules
    assert evaluate(a.expr, {"action": "refund", "user": "alice"})
    assert not evaluate(a.expr, {"action": "refund", "user": "root"})
    assert evaluate(a.expr, {"action": "refund"}), "a missing field does not exclude"
    assert evaluate(b.expr, {"action": "refund", "user": "root"})


def test_a_filter_by_name_and_one_for_any_rule(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule(name="refund"))
    write(tmp_path / "b.yml", known(rules=["refund"]))
    write(tmp_path / "c.yml", known(rules="any", known={"host": "test"}))
    [only] = collect([tmp_path]).rules
    event = {"action": "refund", "user": "a", "host": "b"}
    assert evaluate(only.expr, event)
    assert not evaluate(only.expr, event | {"user": "ROOT"})
    assert not evaluate(only.expr, event | {"host": "TEST"})


def test_a_filter_keeps_to_its_log_source(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule())
    write(tmp_path / "b.yml", {**known(), "logsource": {"product": "bank"}})
    found = collect([tmp_path])
    assert [(d.code, d.severity) for d in found.diagnostics] == [("TOC043", Severity.WARNING)]
    assert evaluate(found.rules[0].expr, {"action": "refund", "user": "root"})


def test_a_filter_with_the_negation_forgotten_narrows_and_is_found(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule())
    write(tmp_path / "b.yml", known(condition="known"))
    found = collect([tmp_path])
    assert codes(found.diagnostics) == ["TOC042"]
    assert evaluate(found.rules[0].expr, {"action": "refund", "user": "root"})
    assert not evaluate(found.rules[0].expr, {"action": "refund"})


CASES = {
    "base": {"action": "refund", "user": {"name": "a"}},
    "cases": [
        {
            "name": "fires",
            "events": [{"at": "1m", "arrives": "2m", "user": {"id": 1}}],
            "expect": {"alerts": 1},
        }
    ],
}


def test_a_case_file_beside_the_rule(tmp_path: Path) -> None:
    write(tmp_path / "refund.yml", rule())
    write(tmp_path / "refund.test.yml", CASES)
    found = collect([tmp_path])
    assert found.diagnostics == ()
    [case] = found.rules[0].detection.cases
    [event] = case.events
    assert (event.at, event.arrives) == (60_000, 120_000)
    assert event.body == {"action": "refund", "user": {"name": "a", "id": 1}}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "cases: []",
        "cases: [{name: x}]",
        "cases: [{name: '', events: [{}], expect: {alerts: 1}}]",
        "cases: [{name: x, events: [{}], expect: {alerts: -1}}]",
        "cases: [{name: x, events: [{}], expect: {alerts: many}}]",
        "cases: [{name: x, events: [{}], expect: {alert: 1}}]",
        "cases: [{name: x, events: [{}], expect: {}}]",
        "cases: [{name: x, events: [a], expect: {alerts: 1}}]",
        "cases: [{name: x, events: [{at: 5}], expect: {alerts: 1}}]",
        "cases: [{name: x, events: [{at: 5 minutes}], expect: {alerts: 1}}]",
        "cases: [{name: x, events: [{at: 99999999999w}], expect: {alerts: 1}}]",
        "cases: [{name: x, events: [{at: 5m, arrives: 4m}], expect: {alerts: 1}}]",
        "base: [a]\ncases: [{name: x, events: [{}], expect: {alerts: 1}}]",
        "case: []",
    ],
)
def test_case_files_with_mistakes(tmp_path: Path, content: str) -> None:
    write(tmp_path / "refund.yml", rule())
    cases = write(tmp_path / "refund.test.yml", content)
    found = collect([tmp_path])
    assert set(codes(found.diagnostics)) <= {"TOC006", "TOC051"}
    assert {(d.span.file, d.rule) for d in found.diagnostics} == {(str(cases), RULE_ID)}


def test_an_event_with_fields_of_the_reserved_names(tmp_path: Path) -> None:
    event = {"at": "3s", "event": {"at": "home", "arrives": "late"}}
    cases = [{"name": "x", "events": [event], "expect": {"alerts": 0}}]
    write(tmp_path / "r.yml", rule(tocsin={"tests": cases}))
    [case] = collect([tmp_path]).rules[0].detection.cases
    assert case.events[0].at == 3000
    assert case.events[0].body == {"at": "home", "arrives": "late"}


def test_placeholders_are_given(tmp_path: Path) -> None:
    detection = {"sel": {"user|expand": "%admins%"}, "condition": "sel"}
    write(tmp_path / "r.yml", rule(detection=detection))
    assert codes(collect([tmp_path]).diagnostics) == ["TOC026"]
    [only] = collect([tmp_path], {"admins": ("root",)}).rules
    assert evaluate(only.expr, {"user": "Root"})
