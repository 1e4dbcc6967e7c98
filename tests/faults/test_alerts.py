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
