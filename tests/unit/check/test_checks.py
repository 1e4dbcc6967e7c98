"""Every check fires on the bad example of its page and is silent on the good one."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from small_project import fenced_files, write_project
from tocsin.check import checks, run_checks
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.project import load_project

PAGES = Path(__file__).parents[3] / "docs" / "checks"
CODES = list(checks())
RULE = "rules/app/grant.yml"


def examples(code: str) -> tuple[dict[str, str], dict[str, str]]:
    """The files of the bad and of the good example of a page."""
    bad, good = (
        (PAGES / f"{code}.md").read_text("utf-8").split("\n## Bad\n")[1].split("\n## Good\n")
    )
    return fenced_files(bad), fenced_files(good)


def found(root: Path, files: dict[str, str]) -> list[Diagnostic]:
    """What all checks say about a project of these files, which has no other mistakes."""
    project = load_project(write_project(root, files))
    assert project.diagnostics == ()
    return run_checks(project)


@pytest.mark.parametrize("code", CODES)
def test_bad_example_fires_and_only_this_check(code: str, tmp_path: Path) -> None:
    findings = found(tmp_path, examples(code)[0])
    assert {each.code for each in findings} == {code}


@pytest.mark.parametrize("code", CODES)
def test_good_example_is_silent(code: str, tmp_path: Path) -> None:
    assert found(tmp_path, examples(code)[1]) == []


@pytest.mark.parametrize("code", CODES)
def test_check_is_described(code: str) -> None:
    module = import_module(checks()[code].__module__)
    assert module.__name__.rpartition(".")[2].startswith(f"{code.lower()}_")
    page = (PAGES / f"{code}.md").read_text("utf-8")
    assert page.startswith(f"# {code}: {module.TITLE}\n\n{module.SEVERITY.value.title()}: ")


def test_findings_name_rule_and_place(tmp_path: Path) -> None:
    [finding, _] = found(tmp_path, examples("TOC104")[0])
    text = Path(finding.span.file).read_text("utf-8").splitlines()[finding.span.line - 1]
    assert text[finding.span.column - 1 :].startswith("attack.defense-evasion,")
    assert finding.rule in Path(finding.span.file).read_text("utf-8")
    assert finding.hint == "it became attack.stealth or attack.defense-impairment"


def test_only_a_wrong_deployment_is_an_error(tmp_path: Path) -> None:
    worst = {code: found(tmp_path / code, examples(code)[0])[0].severity for code in CODES}
    assert [code for code, severity in worst.items() if severity is Severity.ERROR] == [
        "TOC109",
        "TOC114",
    ]


def said(tmp_path: Path, code: str, old: str, new: str) -> list[Diagnostic]:
    """Findings on the good example of a page after one replacement."""
    files = {path: text.replace(old, new) for path, text in examples(code)[1].items()}
    assert files != examples(code)[1]
    return found(tmp_path, files)


@pytest.mark.parametrize(
    ("tags", "hint"),
    [
        ("attack.g0016, attack.s0002, attack.t1098", None),
        ("attack.persistance, attack.t1098", "did you mean attack.persistence?"),
        (
            "attack.t1558.003, attack.t1558.099",
            "the closest one is its parent, attack.t1558 (Steal",
        ),
        ("attack.t1558, attack.t9999", ""),
        ("cve.2021-44228, attack.t1190", None),
    ],
)
def test_attack_tags(tags: str, hint: str | None, tmp_path: Path) -> None:
    old = "attack.credential-access, attack.t1558.003"
    findings = said(tmp_path, "TOC104", old, tags)
    assert len(findings) == (0 if hint is None else 1)
    assert all(each.hint.startswith(hint or "") for each in findings)


@pytest.mark.parametrize(
    ("detection", "fires"),
    [
        ("{none: {actor.id: null}, condition: none}", False),
        ("{some: {actor.id|exists: true}, condition: some}", False),
        ("{some: {actor.id: null}, condition: not some}", False),
        ("{a: {actor.id: x}, b: {action: y}, condition: not (a and b)}", True),
        ("{a: {actor.id: x}, b: {action: null}, condition: not (a or not b)}", False),
        ("{a: {actor.id|neq: x}, condition: a}", True),
    ],
)
def test_only_negative_conditions(detection: str, fires: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter of the table
    text = examples("TOC107")[1]["rules/app/admin-role-granted.yml"]
    head, tail = text.split("detection:\n")
    rest = tail[tail.index("falsepositives:") :]
    files = {RULE: f"{head}detection: {detection}\n{rest}"}
    assert ("TOC107" in {each.code for each in found(tmp_path, files)}) is fires


@pytest.mark.parametrize(
    ("expect", "problems"),
    [
        ("{alerts: 3}", ["expects 3 alerts"]),
        ("{events: [0, 7, 9]}", ["expects an alert on event 7, 9"]),
        ("{alerts: 2, events: [0]}", ["expects 2 alerts, but `events` lists another number"]),
        ("{alerts: 0, last: {action: x}}", ["expects an alert with contents, but no alert"]),
        ("{alerts: 1, first: {action: role.grant}}", []),
    ],
)
def test_impossible_expectations(expect: str, problems: list[str], tmp_path: Path) -> None:
    findings = said(tmp_path, "TOC113", "{alerts: 1, events: [0]}", expect)
    messages = [each.message.split(": ")[1] for each in findings if each.code == "TOC113"]
    assert messages == problems


def test_case_file_of_the_other_ending_is_alone(tmp_path: Path) -> None:
    rule, cases = examples("TOC110")[1].values()
    findings = found(tmp_path, {RULE: rule, "rules/app/grant.test.yaml": cases})
    hints = [each.hint for each in findings if each.code == "TOC110"]
    assert hints == ["rename it to grant.test.yml"]


@pytest.mark.parametrize("name", ["a/b", "a\\\\b", "c:x", ".hidden", "a\\u001bb", "x" * 201])
def test_names_that_cannot_name_a_file(name: str, tmp_path: Path) -> None:
    old = "name: admin_role_granted"
    assert [d.code for d in said(tmp_path, "TOC114", old, f'name: "{name}"')] == ["TOC114"]


def test_silent_event_in_a_firing_case_counts(tmp_path: Path) -> None:
    assert said(tmp_path, "TOC113", "alerts: 1, ", "") == []


def test_title_of_111_characters(tmp_path: Path) -> None:
    long = "A" * 111
    assert said(tmp_path / "110", "TOC101", "Administrator Role Granted", long[1:]) == []
    [finding] = said(tmp_path / "111", "TOC101", "Administrator Role Granted", long)
    assert (finding.code, finding.span.line) == ("TOC112", 1)


def test_own_content_is_clean() -> None:
    project = load_project(Path(__file__).parents[3] / "detections")
    assert run_checks(project) == []
