"""Reads files of events as the commands do."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from tocsin.cli.commands.scan import scan
from tocsin.events.reading import EventFiles, read_events

FAULTS = Path(__file__).parent
ENGINES = ("evaluator", "matcher", "duckdb")
EVENT = {"eventName": "a", "n": 1}
TEXT = json.dumps(EVENT)


def scanned(folder: Path, file: str, *options: str, rules: str = "rule.yml") -> Result:
    given = ["--rules", str(folder / rules), "--events", str(folder / file), "--ignore-logsource"]
    return CliRunner().invoke(scan, [*given, *options])


def numbers(result: Result) -> list[int]:
    return [json.loads(line)["event"] for line in result.stdout.splitlines()]


def read(tmp_path: Path, content: bytes, **options: bool) -> EventFiles:
    path = tmp_path / "events"
    path.write_bytes(content)
    return read_events([path], **options)
