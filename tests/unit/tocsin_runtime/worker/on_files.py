"""The command `worker` on files of events."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tocsin.cli.commands.worker import worker
from worker_world import (
    World,
    build_world,
    lines,
    read_lines,
)


def deployed(root: Path) -> World:
    """A project at this place, and all its detections in place in `here`."""
    made = build_world(root)
    made.deploy("here")
    return made


def call(world: World, *args: str | Path) -> Result:
    """The command in this process; what it raises is raised here."""
    told = CliRunner().invoke(
        worker, ["--project", str(world.root), *map(str, args)], standalone_mode=False
    )
    if told.exception:
        raise told.exception
    return told


def work(world: World, *args: str | Path, code: int = 0) -> dict[str, Any]:
    """The report of a run that ended with this code."""
    told = call(world, "--env", "here", "--format", "json", *args)
    assert told.return_value == code
    report: dict[str, Any] = json.loads(told.stdout)
    return report


def events_file(tmp_path: Path, *events: Any, name: str = "events.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(lines(*events))
    return path


def alerted(world: World) -> list[tuple[str, str]]:
    """Detection and event of each alert."""
    return sorted(
        (a["subject"], a["data"]["unmapped"]["tocsin"]["event_ids"][0])
        for a in read_lines(world.folder("here") / "alerts.jsonl")
    )
