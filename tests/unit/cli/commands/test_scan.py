"""`tocsin scan`."""

import json
from pathlib import Path

import pytest

from authoring import OTHER_ID, RULE_ID, events, rule, write
from conftest import Tocsin


def test_scan_prints_one_line_a_match_and_figures_last(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "rules/a.yml", rule())
    write(tmp_path / "rules/b.yml", rule(id=OTHER_ID, detection={"s": {"x": 1}, "condition": "s"}))
    one = events(tmp_path / "1.jsonl", {"action": "refund"}, {"x": "1"})
    two = events(tmp_path / "2.jsonl", {"x": 1, "action": "Refund"})
    ended = tocsin("scan", "--rules", tmp_path / "rules", "--events", one, two, "--stats")
    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        {"rule": OTHER_ID, "event": 1, "file": str(one), "line": 2, "time": None},
        {"rule": OTHER_ID, "event": 2, "file": str(two), "line": 1, "time": None},
        {"rule": RULE_ID, "event": 0, "file": str(one), "line": 1, "time": None},
        {"rule": RULE_ID, "event": 2, "file": str(two), "line": 1, "time": None},
    ]
    figures = json.loads(ended.stderr.splitlines()[-1])
    assert figures["events"] == 3
    assert figures["rules"] == 2
    assert figures["matches"] == 4
    assert {"load_seconds", "scan_seconds", "events_per_second"} <= set(figures)
    assert ended.code == 0


def test_scan_goes_on_despite_findings_unless_strict(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "rules/a.yml", rule())
    write(tmp_path / "rules/b.yml", rule(id=OTHER_ID, level="huge"))
    given = write(tmp_path / "e.jsonl", '{"action": "refund"}\nnonsense\n')
    args = ["scan", "--rules", str(tmp_path / "rules"), "--events", str(given)]
    ended = tocsin(*args)
    assert ended.code == 1
    [line] = ended.stdout.splitlines()
    assert json.loads(line) == {
        "rule": RULE_ID,
        "event": 0,
        "file": str(given),
        "line": 1,
        "time": None,
    }
    assert "TOC010" in ended.stderr
    assert "TOC071" in ended.stderr
    ended = tocsin(*args, "--strict")
    assert (ended.code, ended.stdout) == (1, "")
    assert "nothing scanned: 2 errors" in ended.stderr


def test_events_of_stdin_and_their_time(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "r.yml", rule())
    given = '{"action": "pay"}\n\n{"action": "refund", "timestamp": "2026-03-04T05:06:07Z"}\n'
    args = ["scan", "--rules", str(tmp_path / "r.yml"), "--events", "-"]
    [line] = tocsin(*args, stdin=given).stdout.splitlines()
    told = {"file": "stdin", "line": 3, "time": "2026-03-04T05:06:07.000Z"}
    assert json.loads(line) == {"rule": RULE_ID, "event": 1, **told}
    table = tocsin(*args, "--format", "table", stdin=given).stdout
    assert "stdin:3" in table
    assert "2026-03-04T05:06:07.000Z" in table


def test_a_table_of_matches_is_on_stdout_with_titles_as_they_are(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    write(tmp_path / "r.yml", rule(title="A [/b] [red]title"))
    given = events(tmp_path / "e.jsonl", {"action": "refund"})
    args = ["scan", "--rules", str(tmp_path / "r.yml"), "--events", str(given)]
    ended = tocsin(*args, "--format", "table", env={"COLUMNS": "120"})
    assert ended.code == 0
    assert "A [/b] [red]title" in ended.stdout


@pytest.mark.parametrize("found", [0, 1, 2])
def test_a_document_of_matches(tocsin: Tocsin, tmp_path: Path, found: int) -> None:
    write(tmp_path / "r.yml", rule())
    given = events(tmp_path / "e.jsonl", {"action": "pay"}, *[{"action": "refund"}] * found)
    args = ["scan", "--rules", tmp_path / "r.yml", "--events", given]
    ended = tocsin(*args, "--format", "json")
    lines = tocsin(*args, "--format", "jsonl").stdout.splitlines()
    assert json.loads(ended.stdout) == list(map(json.loads, lines))
    assert len(lines) == found


def test_errors_beside_a_document_are_json(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "r.yml", rule())
    given = write(tmp_path / "e.jsonl", '{"action": "refund"}\nnonsense\n')
    args = ["scan", "--rules", tmp_path / "r.yml", "--events", given]
    ended = tocsin(*args, "--format", "json")
    assert (ended.code, len(json.loads(ended.stdout))) == (1, 1)
    error = json.loads(ended.stderr.splitlines()[-1])["error"]
    assert (error["code"], error["file"], error["line"]) == ("findings", str(given), 2)


def test_a_field_of_event_time_that_no_event_has_is_told(tocsin: Tocsin, tmp_path: Path) -> None:
    write(tmp_path / "r.yml", rule())
    given = events(tmp_path / "e.jsonl", {"action": "refund", "happened": "2026-01-01T00:00:00Z"})
    args = ["scan", "--rules", tmp_path / "r.yml", "--events", given, "--time-field", "hapened"]
    ended = tocsin(*args)
    assert ended.code == 0
    said = "no event has the field hapened of --time-field: did you mean happened?"
    assert said in ended.stderr
    assert tocsin(*args, "--strict").code == 1
