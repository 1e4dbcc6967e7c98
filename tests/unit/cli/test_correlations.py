"""Correlations through the command line: scan, explain, test, plan, apply, worker."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from authoring import SOURCE, events, project, rule, write
from conftest import Tocsin
from tocsin.ir.times import millis_text

MANY_ID = "4f7a2a53-5a6f-4b12-9c55-6f0c3b1a7e10"
REFUND_ID = "5b1f6a1e-0a69-4d0f-8a55-2f0a9d1c7e11"


def refund() -> dict[str, Any]:
    return rule(id=REFUND_ID, name="refund")


def many(**changes: Any) -> dict[str, Any]:
    """Three refunds of a user within a minute."""
    section = {
        "type": "event_count",
        "rules": ["refund"],
        "group-by": ["user.name"],
        "timespan": "1m",
        "condition": {"gte": 3},
    }
    case = {
        "name": "the third of a user",
        "events": [
            {"at": f"{at}s", "action": "refund", "user": {"name": name}}
            for at, name in ((0, "a"), (20, "b"), (30, "a"), (60, "a"), (61, "a"))
        ],
        "expect": {"events": [3, 4]},
    }
    given = {
        "title": "Many Refunds of One User",
        "id": MANY_ID,
        "name": "many_refunds",
        "status": "test",
        "level": "high",
        "correlation": section,
        "tocsin": {"owner": "shop", "tests": [case]},
    }
    return given | changes


def stream(*seen: tuple[int, str | None]) -> list[dict[str, Any]]:
    """Refunds at these seconds by these users."""
    start = 1_767_225_600_000
    return [
        {"time": millis_text(start + 1000 * at), "action": "refund", "user": {"name": name}}
        for at, name in seen
    ]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    write(tmp_path / "rules/refund.yml", refund())
    write(tmp_path / "rules/many.yml", many())
    return tmp_path / "rules"


@pytest.mark.parametrize("engine", ["evaluator", "duckdb"])
def test_a_scan_names_the_last_event_and_the_group(
    tocsin: Tocsin, rules: Path, tmp_path: Path, engine: str
) -> None:
    seen = [*stream((0, "a"), (1, "b"), (59, "a"), (60, "a"), (2, None)), {"action": "refund"}]
    file = events(tmp_path / "e.jsonl", *seen)
    ended = tocsin("scan", "--rules", rules, "--events", file, "--engine", engine)
    assert ended.code == 0, ended.stderr
    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        {
            "rule": MANY_ID,
            "event": 3,
            "file": str(file),
            "line": 4,
            "time": "2026-01-01T00:01:00.000Z",
            "group": {"user.name": "a"},
        }
    ]
    if engine == "evaluator":
        assert "1 base match without time (no timestamp, @timestamp, " in ended.stderr
        assert "1 base match without group key" in ended.stderr


def test_a_named_time_field_counts(tocsin: Tocsin, rules: Path, tmp_path: Path) -> None:
    seen = [
        {**event, "seen": "2026-01-01T00:00:00Z"}
        for event in stream(*((n * 99, "a") for n in range(3)))
    ]
    file = events(tmp_path / "e.jsonl", *seen)
    ended = tocsin("scan", "--rules", rules, "--events", file)
    assert (ended.code, ended.stdout) == (0, "")
    ended = tocsin("scan", "--rules", rules, "--events", file, "--time-field", "seen")
    assert len(ended.stdout.splitlines()) == 3


def test_a_table_shows_the_group(tocsin: Tocsin, rules: Path, tmp_path: Path) -> None:
    file = events(tmp_path / "e.jsonl", *stream((0, "a"), (1, "a"), (2, "a")))
    ended = tocsin("scan", "--rules", rules, "--events", file, "--format", "table")
    assert "user.name=a" in ended.stdout


def test_explain_shows_windows_and_counts(tocsin: Tocsin, tmp_path: Path) -> None:
    file = events(
        tmp_path / "e.jsonl", *stream((0, "a"), (1, "b"), (59, "a"), (60, "a"), (61, "a"))
    )
    shown = project(tmp_path / "p", {"refund.yml": refund(), "many.yml": many()})
    ended = tocsin("explain", "many_refunds", "--event", file, "--project", shown)
    assert ended.code == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0] == "many_refunds matches in 5 events"
    assert "+ event 3 [user.name=a]: 3 events, needs >= 3" in lines
    assert "- event 1 [user.name=b]: 1 event, needs >= 3" in lines
    assert "refund matches events 0, 1, 2, 3, 4" in lines
    asked = ("explain", "many_refunds", "--event", file, "--project", shown)
    ended = tocsin(*asked, "--format", "json", "--number", "4")
    [found] = json.loads(ended.stdout)
    assert found["matches"] is True
    [window] = found["windows"]
    assert window["group"] == {"user.name": "a"}
    assert [member["event"] for member in window["window"]] == [2, 3, 4]
    assert window["figure"] == "3 events"


def test_explain_says_what_did_not_count(tocsin: Tocsin, tmp_path: Path) -> None:
    shown = project(tmp_path / "p", {"refund.yml": refund(), "many.yml": many()})
    late = stream((900, "a"), (0, "a"), (901, None))
    file = events(tmp_path / "e.jsonl", *late)
    ended = tocsin("explain", "many_refunds", "--event", file, "--project", shown)
    assert "left out: 1 base match late" in ended.stdout
    assert "left out: 1 base match without group key" in ended.stdout
    nothing = events(tmp_path / "n.jsonl", {"time": "2026-01-01T00:00:00Z", "action": "x"})
    ended = tocsin("explain", "many_refunds", "--event", nothing, "--project", shown)
    assert "hint: refund matches no event that counts" in ended.stdout


def test_a_failing_case_shows_the_windows(tocsin: Tocsin, tmp_path: Path) -> None:
    wrong = many()
    wrong["tocsin"]["tests"][0]["expect"] = {"alerts": 0}
    shown = project(tmp_path, {"refund.yml": refund(), "many.yml": wrong})
    ended = tocsin("test", shown)
    assert ended.code == 1
    assert "expected 0 alerts, got 2 (events 3, 4)" in ended.stderr
    assert "event 3 alerts in group a: 3 events, needs >= 3; window: events 0, 2, 3" in ended.stderr


def test_cases_on_duckdb_do_not_see_each_other(tocsin: Tocsin, tmp_path: Path) -> None:
    twice = many()
    case = twice["tocsin"]["tests"][0]
    two = {"name": "two are not enough", "events": case["events"][:3], "expect": {"alerts": 0}}
    dated = [{"time": "2026-01-01T00:00:30Z", **event} for event in case["events"][:3]]
    own = {"name": "its own times", "events": dated, "expect": {"alerts": 0}}
    twice["tocsin"]["tests"] = [two, case, two | {"name": "again"}, own, case | {"name": "last"}]
    shown = project(tmp_path, {"refund.yml": refund(), "many.yml": twice})
    ended = tocsin("test", shown, "--engine", "duckdb", "--engine", "evaluator", "--format", "json")
    assert ended.code == 0, ended.stdout
    verdicts = json.loads(ended.stdout)
    assert [v["status"] for v in verdicts] == ["passed"] * 10


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    """A repository whose correlation is deployed to a local environment."""
    root = project(tmp_path / "repo", {"refund.yml": refund(), "many.yml": many()}, SOURCE)
    write(
        root / "tocsin.toml",
        '[project]\nname = "shop"\n[environments.local]\nkind = "local"\nbackend = "kafka-filter"\n'
        'correlations = "batch-sql"\n',
    )
    for args in (
        ["init", "-q", "-b", "main"],
        ["config", "user.email", "dev@example.org"],
        ["config", "user.name", "Dev"],
        ["add", "-A"],
        ["commit", "-q", "-m", "start"],
    ):
        subprocess.run(["git", *args], cwd=root, check=True)
    return root


def test_a_correlation_goes_from_plan_to_alerts(
    tocsin: Tocsin, deployed: Path, tmp_path: Path
) -> None:
    tocsin("lock", cwd=deployed)
    planned = tocsin("plan", "--env", "local", "--format", "json", cwd=deployed)
    assert planned.code == 0, planned.stderr
    [step] = json.loads(planned.stdout)["steps"]
    assert (step["kind"], step["after"]["key"]) == ("deploy", "many_refunds")
    assert step["after"]["group_by"] == ["user.name"]
    assert tocsin("apply", "--env", "local", "--yes", cwd=deployed).code == 0
    file = events(tmp_path / "e.jsonl", *stream((0, "a"), (1, "b"), (59, "a"), (60, "a")))
    for _ in range(2):
        ended = tocsin("worker", "--env", "local", "--events", file, cwd=deployed)
        assert ended.code == 0, ended.stderr
    [line] = (deployed / ".tocsin/local/alerts.jsonl").read_text().splitlines()
    alert = json.loads(line)["data"]
    assert alert["unmapped"]["tocsin"]["group_key"] == {"user.name": "a"}
    assert alert["finding_info"]["title"] == "Many Refunds of One User"


def test_a_filter_backend_refuses_and_says_what_helps(tocsin: Tocsin, deployed: Path) -> None:
    path = deployed / "tocsin.toml"
    path.write_text(path.read_text().replace('correlations = "batch-sql"\n', ""))
    ended = tocsin("compile", "--env", "local", cwd=deployed)
    assert ended.code == 1
    assert "kafka-filter refuses this detection: it cannot evaluate correlations" in ended.stderr
    assert "correlations = NAME" in ended.stderr
