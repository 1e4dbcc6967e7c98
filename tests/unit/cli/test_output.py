"""Findings in four formats."""

import json
from pathlib import Path

import pytest

from tocsin.cli.output import print_diagnostics, sarif
from tocsin.diagnostics import Diagnostic, Severity, Span, has_errors, summary
from tocsin.escape import printable

ERROR = Diagnostic("TOC021", "unknown modifier 'x'", Span("a.yml", 2, 3), hint="y?", rule="r1")
WARNING = Diagnostic("TOC034", "not used", Span("b.yml", 1, 1), Severity.WARNING)
INFO = Diagnostic("TOC999", "note", Span("c.yml", 4, 2), Severity.INFO)


def printed(capsys: pytest.CaptureFixture[str], fmt: str, *found: Diagnostic) -> str:
    print_diagnostics(found, fmt)
    return capsys.readouterr().out


def test_text_shows_the_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yml"
    path.write_text("sel:\n  f|x: a\n")
    found = Diagnostic("TOC021", "unknown", Span(str(path), 2, 3), hint="y?")
    assert printed(capsys, "text", found).splitlines() == [
        f"{path}:2:3: error TOC021: unknown",
        "    2 |   f|x: a",
        "          ^",
        "  hint: y?",
    ]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"one line\n", b"a\n\x1b[31mred\n"])
def test_text_of_a_place_that_cannot_be_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "a.yml"
    path.write_bytes(content)
    text = printed(capsys, "text", Diagnostic("TOC001", "bad", Span(str(path), 2, 3)))
    assert text == f"{path}:2:3: error TOC001: bad\n"


def test_control_characters_are_shown_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    found = Diagnostic("TOC021", "\x1b[2J\n::error::", Span("a\x07.yml"), hint="\ud800\u202e")
    text = printed(capsys, "text", found)
    assert (
        text == "a\\x07.yml:1:1: error TOC021: \\x1b[2J\\n\\x3a:error::\n  hint: \\ud800\\u202e\n"
    )


def test_printable_leaves_letters_of_all_scripts() -> None:
    assert printable("ä🙂λ ") == "ä🙂λ "
    assert printable("a\tb\x7f\u2028") == "a\\tb\\x7f\\u2028"


def test_json_is_one_array_of_the_promised_keys(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, "json", ERROR, WARNING))
    assert found[0] == {
        "code": "TOC021",
        "severity": "error",
        "file": "a.yml",
        "line": 2,
        "column": 3,
        "message": "unknown modifier 'x'",
        "hint": "y?",
        "rule": "r1",
    }
    assert json.loads(printed(capsys, "json")) == []


def test_github_commands(capsys: pytest.CaptureFixture[str]) -> None:
    odd = Diagnostic("TOC001", "50%\nof\rit", Span("a,b:c%.yml", 9, 7))
    assert printed(capsys, "github", ERROR, WARNING, INFO, odd).splitlines() == [
        "::error file=a.yml,line=2,col=3,title=TOC021::unknown modifier 'x' (y?)",
        "::warning file=b.yml,line=1,col=1,title=TOC034::not used",
        "::notice file=c.yml,line=4,col=2,title=TOC999::note",
        "::error file=a%2Cb%3Ac%25.yml,line=9,col=7,title=TOC001::50%25%0Aof%0Ait",
    ]


def test_sarif_has_what_the_standard_requires() -> None:
    log = sarif([ERROR, WARNING, INFO])
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "tocsin"
    assert [r["id"] for r in driver["rules"]] == ["TOC021", "TOC034", "TOC999"]
    assert [r["level"] for r in run["results"]] == ["error", "warning", "note"]
    first = run["results"][0]
    assert first["ruleId"] == "TOC021"
    assert first["message"]["text"] == "unknown modifier 'x'\ny?"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a.yml"
    assert place["region"] == {"startLine": 2, "startColumn": 3}


def test_sarif_places_are_uris() -> None:
    found = Diagnostic("TOC001", "bad", Span("rules/a b#1%.yml"))
    [run] = sarif([found])["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "rules/a%20b%231%25.yml"


def test_sarif_of_nothing_still_says_who_looked() -> None:
    [run] = sarif([])["runs"]
    assert run["results"] == []
    assert run["tool"]["driver"]["name"] == "tocsin"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "no findings"),
        ([ERROR], "1 error"),
        ([WARNING, ERROR, WARNING], "1 error, 2 warnings"),
        ([INFO], "1 info"),
    ],
)
def test_summary(found: list[Diagnostic], said: str) -> None:
    assert summary(found) == said
    assert has_errors(found) is (ERROR in found)


def test_findings_sort_along_the_file() -> None:
    spans = [Span("b", 1, 1), Span("a", 10, 1), Span("a", 2, 9), Span("a", 2, 3)]
    found = sorted((Diagnostic("X", "m", s) for s in spans), key=lambda d: d.sort_key)
    assert [d.span for d in found] == [spans[3], spans[2], spans[1], spans[0]]


def test_the_first_rule_that_is_named_stays() -> None:
    assert ERROR.of_rule("r2").rule == "r1"
    assert WARNING.of_rule("r2").rule == "r2"
