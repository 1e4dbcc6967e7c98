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

    def __init__(self, name: str, root: Path, backend: str = "batch-sql") -> None:
        self.root = root
        shutil.copytree(HERE / name, root, dirs_exist_ok=True)
        write(root / "tocsin.toml", SETTINGS.format(backend=backend))
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "project"]):
            subprocess.run(["git", *_PERSON, *words], cwd=root, check=True)
        self.run("lock")
        self.run("apply", "--env", "local", "--yes")

    def run(self, *words: str) -> str:
        """What `tocsin WORDS` says."""
        told = CliRunner().invoke(main_group, [*words, "--project", str(self.root)])
        assert told.exit_code == 0, f"{told.output}{told.exception!r}"
        return told.stdout

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts of a worker on the folder's events."""
        self.run("worker", "--env", "local", "--events", str(self.root / "events.jsonl"))
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
