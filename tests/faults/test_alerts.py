"""Alerts that were lost, doubled or wrong: each fault once more, with the right value."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from authoring import write
from tocsin.cli.main import main_group

HERE = Path(__file__).parent
SETTINGS = """\
[project]
name = "p"
[environments.local]
kind = "local"
backend = "{backend}"
"""


class Deployed:
    """A folder of `tests/faults` as a project whose environment `local` is released."""

    def __init__(self, name: str, root: Path, backend: str = "batch-sql", rules: str = "") -> None:
        self.root = root
        shutil.copytree(HERE / name, root, dirs_exist_ok=True)
        write(root / "tocsin.toml", SETTINGS.format(backend=backend))
        if rules:
            write(root / "rules/app/corr.yml", rules)
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "project"]):
            subprocess.run(["git", *_PERSON, *words], cwd=root, check=True)
        self.run("lock")
        self.run("apply", "--env", "local", "--yes")

    def run(self, *words: str) -> str:
        """What `tocsin WORDS` says."""
        told = CliRunner().invoke(main_group, [*words, "--project", str(self.root)])
        assert told.exit_code == 0, f"{told.output}{told.exception!r}"
        return told.stdout

    def work(self, *more: str) -> dict[str, Any]:
        """The report of a worker on the folder's events."""
        events = str(self.root / "events.jsonl")
        told: dict[str, Any] = json.loads(
            self.run("worker", "--env", "local", "--events", events, "--format", "json", *more)
        )
        return told

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts of that worker."""
        self.work()
        written = (self.root / ".tocsin/local/alerts.jsonl").read_text("utf-8")
        return [json.loads(line) for line in written.splitlines()]


_PERSON = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]


@pytest.mark.parametrize("backend", ["kafka-filter", "batch-sql"])
def test_two_hosts_with_one_record_number_are_two_alerts(tmp_path: Path, backend: str) -> None:
    found = Deployed("two-hosts", tmp_path, backend).alerts()
    ids = [each["data"]["unmapped"]["tocsin"]["event_ids"] for each in found]
    assert ids == [["3:dc18:Security4:4711"], ["3:dc28:Security4:4711"]]


def test_the_alert_of_a_correlation_names_and_shows_its_window(tmp_path: Path) -> None:
    """150 events in two minutes, then one of another user, and one in another window."""
    made = [
        {
            "at": f"2026-01-01T00:0{n // 60}:{n % 60:02}Z",
            "host": "h",
            "n": n,
            "action": "fail",
            "user": "u",
        }
        for n in range(150)
    ]
    others = [{**made[0], "user": "v"}, {**made[0], "at": "2026-01-01T01:00:00Z", "n": 999}]
    write(tmp_path / "events.jsonl", "\n".join(map(json.dumps, [*made, *others])))
    found = Deployed("correlation-evidence", tmp_path).alerts()
    assert len(found) == 148
    told = [each["data"]["unmapped"]["tocsin"] for each in found]
    assert told[0]["event_ids"] == ["1:h1:0", "1:h1:1", "1:h1:2"]
    assert [each["event_count"] for each in told] == list(range(3, 151))
    assert [len(each["event_ids"]) for each in told] == [min(n, 100) for n in range(3, 151)]
    assert told[-1]["event_ids"][0::99] == ["1:h2:50", "1:h3:149"]
    evidences = [each["data"] for each in found[-1]["data"]["evidences"]]
    assert evidences == made[-20:]
    info = found[-1]["data"]["finding_info"]
    assert info["related_events_count"] == 150
    assert len({each["id"] for each in found}) == 148


def test_what_a_correlation_leaves_out_is_counted(tmp_path: Path) -> None:
    """Of failures 4 in time, 3 late, 5 without time, 7 without a user, and much else."""
    event = {"at": "2026-01-01T00:01:00Z", "host": "h", "action": "fail", "user": "u"}
    late = {"at": "2026-01-01T00:00:59.999Z"}
    planted = [
        *[event] * 4,
        *[event | late] * 3,
        *[event | {"at": "soon"}, {k: v for k, v in event.items() if k != "at"}] * 2,
        event | {"at": None, "user": None},
        *[event | {"user": None}] * 7,
        *[event | late | {"action": "look"}, event | {"action": "look", "user": None}] * 9,
    ]
    made = [{**each, "n": n} for n, each in enumerate(planted)]
    write(tmp_path / "events.jsonl", "\n".join(map(json.dumps, made)))
    deployed = Deployed("correlation-evidence", tmp_path)
    told = {row["key"]: row for row in deployed.work("--source", "audit")["detections"]}
    assert list(told) == ["many-failures"]
    wanted = {"late": 3, "without time": 5, "without group key": 7}
    assert told["many-failures"]["left_out"] == wanted
    assert (told["many-failures"]["matches"], told["many-failures"]["alerts"]) == (4, 4)
    status = json.loads(deployed.run("status", "--env", "local", "--format", "json"))
    tallies = {each["reason"]: each["events"] for each in status["tallies"]}
    assert tallies == wanted
    assert "  3 events late: many-failures" in deployed.run("status", "--env", "local")


# --- what alerts say --------------------------------------------------------------------------


def told(alert: dict[str, Any]) -> dict[str, Any]:
    """What OCSF has no place for."""
    unmapped: dict[str, Any] = alert["data"]["unmapped"]["tocsin"]
    return unmapped


def test_dedup_is_data_of_every_alert(tmp_path: Path) -> None:
    """Nothing is folded yet: five matches are five alerts, of one key."""
    found = Deployed("dedup-has-no-effect", tmp_path).alerts()
    assert len(found) == 5
    assert {json.dumps(told(each)["dedup"]["by"]) for each in found} == {'{"user": "u"}'}
    assert {told(each)["dedup"]["for_ms"] for each in found} == {3_600_000}
    assert len({told(each)["dedup"]["key"] for each in found}) == 1


WORDS = """\
title: Corr base
id: 7d3f2c1e-6a51-4a55-8a53-0d8f3f2c1e00
name: corr
status: Stable
description: Somebody does x.
author: Ann Author
license: DRL-1.1
references: [https://example.com/x]
tags: [attack.persistence, attack.T1098]
logsource: {product: app, service: audit}
detection:
  s: {action: x}
  condition: s
falsepositives: [x]
level: High
tocsin: {owner: o, alert: {dedup: {by: [user], for: 1h}, playbook: reset-account}}
"""


def test_words_are_those_of_the_release_wherever_the_worker_runs(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    deployed = Deployed("dedup-has-no-effect", project, rules=WORDS)
    # The working tree moves on, and the worker's folder has neither rules nor git.
    rule = project / "rules/app/corr.yml"
    write(rule, WORDS.replace("High", "low").replace("Corr base", "Other").replace("Ann", "Eve"))
    write(project / "sources/s.yml", "nothing: sound")
    shutil.copytree(project / ".tocsin/local", elsewhere / ".tocsin/local")
    shutil.copy(project / "tocsin.toml", elsewhere)
    for folder in (project, elsewhere):
        deployed.root = folder
        shutil.copy(HERE / "dedup-has-no-effect/events.jsonl", folder)
        alert = deployed.alerts()[0]
        data = alert["data"]
        assert (data["message"], data["severity"]) == ("Corr base", "High")
        assert data["finding_info"]["desc"] == "Somebody does x."
        assert data["finding_info"]["attacks"] == [{"technique": {"uid": "T1098"}}]
        wanted = {
            "author": "Ann Author",
            "license": "DRL-1.1",
            "owner": "o",
            "status": "stable",
            "tags": ["attack.persistence", "attack.t1098"],
            "references": ["https://example.com/x"],
            "falsepositives": ["x"],
            "playbook": "reset-account",
        }
        assert {key: told(alert)[key] for key in wanted} == wanted


CHANGES = [
    ("level: High", "level: medium", "level: high → medium"),
    ("for: 1h", "for: 90m", "dedup: user for 1h → user for 90m"),
    ("[user]", "[user, action]", "dedup: user for 1h → user, action for 1h"),
    ("attack.T1098]", "attack.t1136]", "tags: attack.persistence, attack.t1098 → attack.pers"),
    ("Corr base", "New", "title: Corr base → New"),
    ("license: DRL-1.1\n", "", "license: DRL-1.1 → none"),
    ("reset-account", "call", "playbook: reset-account → call"),
]


def test_a_plan_names_the_words_that_change_and_a_release_deploys_them(tmp_path: Path) -> None:
    deployed = Deployed("dedup-has-no-effect", tmp_path, rules=WORDS)
    rule, changed = tmp_path / "rules/app/corr.yml", WORDS
    for old, new, named in CHANGES:
        write(rule, WORDS.replace(old, new))
        line = next(x for x in deployed.run("plan", "--env", "local").splitlines() if x[0] == "=")
        assert named in line
        assert "nothing is deployed" not in line
        changed = changed.replace(old, new)
    write(rule, WORDS.replace("level: High", "level: HIGH"))
    assert "Nothing to do" in deployed.run("plan", "--env", "local")
    write(rule, changed)
    deployed.run("apply", "--env", "local", "--yes")
    alert = deployed.alerts()[-1]
    assert (alert["data"]["severity"], told(alert)["playbook"]) == ("Medium", "call")
    assert told(alert)["dedup"]["by"] == {"user": "u", "action": "x"}
