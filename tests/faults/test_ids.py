"""Names and ids as authors write them, and messages that say what is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from authoring import OTHER_ID, RULE_ID, codes, project, rule, write
from tocsin.check import run_checks
from tocsin.diagnostics import Severity
from tocsin.front.collect import collect
from tocsin.front.placeholders import read_placeholders
from tocsin.front.project import load_project
from tocsin.front.relate import relate_inferred
from tocsin.scan.infer import UNBOUND
from tocsin.state.lock import Locked, read_lock

HERE = Path(__file__).parent


def test_the_case_of_an_id_means_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule(id=RULE_ID.upper()))
    write(
        tmp_path / "f.yml",
        {
            "title": "F",
            "logsource": {"product": "shop"},
            "filter": {"rules": [RULE_ID.title()], "f": {"a": 1}, "condition": "not f"},
        },
    )
    write(
        tmp_path / "c.yml",
        {
            "title": "C",
            "correlation": {
                "type": "event_count",
                "rules": [RULE_ID],
                "timespan": "1m",
                "condition": {"gte": 2},
            },
        },
    )
    found = collect([tmp_path])
    assert not found.diagnostics
    assert found.rules[0].detection.id == RULE_ID
    assert not relate_inferred(found, UNBOUND, ignore_logsource=True).diagnostics
    write(tmp_path / "b.yml", rule())
    assert codes(collect([tmp_path]).diagnostics) == ["TOC040"]


def test_rules_without_id_in_files_of_one_name_are_two(tmp_path: Path) -> None:
    for folder in ("one", "two", "three/one"):
        write(tmp_path / folder / "x.yml", rule(id=None))
    found = collect([tmp_path])
    assert not found.diagnostics
    assert len({each.detection.id for each in found.rules}) == 3


def test_a_placeholder_without_values(tmp_path: Path) -> None:
    values, wrong = read_placeholders(HERE / "placeholder-empty/placeholders")
    assert not wrong
    found = collect([HERE / "placeholder-empty/rule.yml"], values)
    assert codes(found.diagnostics) == ["TOC026"]
    write(tmp_path / "a.txt", b"\xef\xbb\xbfadmin\n")
    assert read_placeholders(tmp_path)[0] == {"a": ("admin",)}


def test_a_field_has_a_name(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yml", rule(detection={"s": {"": "x"}, "condition": "s"}))
    [found] = collect([file]).diagnostics
    assert found.message == "a field without a name"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("messages/and.yml", "it ends unexpectedly"),
        ("messages/null.yml", "an empty selection"),
        ("messages/b64.yml", "base64offset must come before contains"),
        ("messages/global.yml", "`action: global` is no longer part of Sigma"),
        ("messages/narrow.yml", "names n, but its log source is narrower than n's"),
        ("messages/not.yml", "negate the selection in the condition, or use `neq`"),
        ("yaml-hints/rule.yml", "quote text that begins with *"),
        ("yaml-hints/equals.yml", "quote it"),
    ],
)
def test_what_is_wrong_is_said(file: str, said: str) -> None:
    [found] = collect([HERE / file]).diagnostics
    assert said in f"{found.message} {found.hint}"


@pytest.mark.parametrize(
    "key",
    ["contains|wide|base64offset", "startswith|base64", "all|endswith|utf16be", "contains|wide"],
)
def test_bytes_are_made_before_a_text_is_contained(key: str, tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.yml", rule(detection={"s": {f"f|{key}": ["ab", "cd"]}, "condition": "s"})
    )
    [found] = collect([file]).diagnostics
    assert (found.code, "must come before" in found.message) == ("TOC022", True)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (["refund"], "names refund, but its log source is different from refund's"),
        (["refnd"], "names a rule that does not exist: 'refnd'"),
        ("any", "applies to none of these rules"),
    ],
)
def test_a_filter_says_why_it_applies_to_nothing(rules: Any, said: str, tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule(name="refund"))
    write(tmp_path / "b.yml", filter_of(rules, {"product": "bank"}))
    [found] = collect([tmp_path]).diagnostics
    assert said in found.message
    assert "'refund'" in found.hint or "no rule here:" not in said


def test_a_filter_with_a_name_of_no_rule_says_so_though_others_fit(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule(name="refund"))
    write(tmp_path / "b.yml", filter_of(["refund", "gone"], {"product": "shop"}))
    [found] = collect([tmp_path]).diagnostics
    assert (found.code, found.message) == (
        "TOC043",
        "the filter names a rule that does not exist: 'gone'",
    )


def filter_of(rules: Any, logsource: dict[str, str]) -> dict[str, Any]:
    """A filter that takes user `u` out of rules."""
    body = {"rules": rules, "f": {"user": "u"}, "condition": "not f"}
    return {"title": "F", "logsource": logsource, "filter": body}


MISSPELT = [
    *("Detection", "detections", "detecton", "logsources", "titel", "Id", "levl", "Level", "tag"),
    *("toscin", "Tocsin", "falsepositive", "refrences", "descripton", "correlations", "filters"),
]


@pytest.mark.parametrize("key", MISSPELT)
def test_a_key_that_is_meant_otherwise_is_named(key: str, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yml", {"status": "test", key: "x"})
    [found] = [d for d in collect([file]).diagnostics if d.code == "TOC099"]
    assert (found.message, found.severity) == (f"nothing reads the key {key!r}", Severity.WARNING)
    assert found.hint.startswith("did you mean")


def test_keys_of_log_sources_and_conditions_are_looked_at_too(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yml", rule(logsource={"product": "shop", "Service": "audit"}))
    [found] = collect([file]).diagnostics
    assert found.hint == "did you mean 'service'?"
    write(file, rule(detection={"s": {"a": 1}, "Condition": "s"}))
    assert "'Condition'" in collect([file]).diagnostics[0].hint


def test_keys_of_one_s_own_are_none_of_our_business(tmp_path: Path) -> None:
    own = {"simulation": [], "custom": {"levl": 1}, "regression_tests_path": "x", "priority": 3}
    assert not collect([write(tmp_path / "a.yml", rule(**own))]).diagnostics


def test_the_case_of_an_id_means_nothing_in_a_condition_and_in_the_lock(tmp_path: Path) -> None:
    write(tmp_path / "a.yml", rule())
    write(tmp_path / "b.yml", rule(id=OTHER_ID))
    for condition in (
        f"{RULE_ID.upper()} and {OTHER_ID.upper()}",
        f"all of {RULE_ID[:3].upper()}*",
    ):
        only = {"rules": [RULE_ID]} if "of" in condition else {}
        body = {"type": "temporal", "timespan": "1m", "condition": condition, **only}
        write(tmp_path / "c.yml", {"title": "C", "correlation": body})
        found = collect([tmp_path])
        assert not found.diagnostics
        assert not relate_inferred(found, UNBOUND, ignore_logsource=True).diagnostics
    line = Locked(RULE_ID.upper(), RULE_ID.upper(), 3, "0" * 64)
    write(tmp_path / "lock/tocsin.lock", f"{line}\n")
    assert read_lock(tmp_path / "lock").version(RULE_ID, "0" * 64) == 3


def test_a_case_of_a_field_that_nothing_knows_and_two_of_one_name(tmp_path: Path) -> None:
    shutil.copytree(HERE / "case-with-a-misspelt-field", tmp_path / "p")
    found = {d.code: d for d in run_checks(load_project(tmp_path / "p"))}
    unknown, twice = found["TOC119"], found["TOC120"]
    assert unknown.message == "silent: the source s has no field 'actoin'"
    assert (unknown.hint, unknown.severity) == ("did you mean 'action'?", Severity.WARNING)
    assert (twice.message, twice.span.line) == ("another case has the name 'silent'", 5)


@pytest.mark.parametrize(
    ("event", "severity", "said"),
    [
        ({"user": {"nmae": "a"}}, Severity.WARNING, "'user.nmae'"),
        ({"user.nmae": "a"}, Severity.WARNING, "'user.nmae'"),
        ({"Action": "a"}, Severity.WARNING, "'Action'"),
        ({"session": 1, "trace": {"id": 2}}, Severity.INFO, "'session', 'trace'"),
        ({"user": {"name": "a"}, "details": {"any": {"thing": 1}}, "user.name": "b"}, None, ""),
        ({"http.status": 1, "time": "2026-01-01T00:00:00Z", "tags": []}, None, ""),
    ],
)
def test_fields_of_cases_are_known_where_the_source_has_them(
    event: dict[str, Any], severity: Severity | None, said: str, tmp_path: Path
) -> None:
    cases = [{"name": "c", "events": [{"at": "0s", **event}], "expect": {"alerts": 0}}]
    root = project(tmp_path, {"a.yml": rule(tocsin={"tests": cases})})
    found = [d for d in run_checks(load_project(root)) if d.code == "TOC119"]
    assert [d.severity for d in found] == ([severity] if severity else [])
    assert all(d.message.endswith(f"has no field {said}") for d in found)


def test_what_a_change_of_state_has_no_meaning_for_says_so(tmp_path: Path) -> None:
    told = rule(name="r", tocsin={"deploy": {"on_change": "replay"}})
    body = {"type": "event_count", "rules": ["r"], "timespan": "1m", "condition": {"gte": 2}}
    other = {"title": "C", "correlation": body, "tocsin": {"deploy": {"on_change": "replay"}}}
    root = project(tmp_path, {"a.yml": told, "c.yml": other})
    [found] = [d for d in run_checks(load_project(root)) if d.code == "TOC109"]
    assert found.message.startswith("on_change has no effect")
    assert found.span.file.endswith("a.yml")
