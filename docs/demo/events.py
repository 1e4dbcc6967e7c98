"""A day at a payments company in eight sources: normal work, one attack, and what looks like one.

Run: python docs/demo/events.py PROJECT OUT. Writes OUT/<source>.jsonl in order of time, the same
at each run.
"""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from pathlib import Path

from people import Day, Event, Timed
from story import put, steps
from work import WORK

from tocsin.front.sources import read_sources
from tocsin.ir.text import walk
from tocsin.ir.times import time_value
from tocsin.model.source import Source

MIDNIGHT = 1_768_262_400_000
"""Tuesday, 2026-01-13T00:00:00Z in milliseconds."""
SEED = 20260113
NUMBERED = ("EventRecordID", "serial")
"""What identifies events of Windows and of the audit daemon is a number."""


def main(project: Path, out: Path) -> None:
    """Write a file for each source."""
    out.mkdir(parents=True, exist_ok=True)
    sources, _ = read_sources(project / "sources")
    for name in WORK:
        events = enumerate(day_of(name))
        lines = [json.dumps(stamped(n, event, sources[name])) for n, event in events]
        (out / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def day_of(name: str) -> list[Timed]:
    """All that a source has to say of the day, in order of time."""
    told = [step for file in ("attack.yml", "lookalikes.yml") for step in steps(file)]
    events = [event for step in told if step.source == name for event in step.events]
    work = (each for each in WORK[name](Day(SEED)) if 0 <= each[0] < 24 * 3600)
    return sorted([*work, *events], key=lambda each: each[0])


def stamped(number: int, timed: Timed, source: Source) -> Event:
    """The event with its time, and with all that identifies it."""
    seconds, event = timed
    at = MIDNIGHT + round(seconds * 1000)
    told = deepcopy(event)
    put(told, _path(source, source.time_field), time_value(at, source.time_unit))
    for name in source.id_fields or ("serial",):
        path = _path(source, name)
        if walk(told, path) is None:
            put(told, path, number + 1 if path[-1] in NUMBERED else f"{source.name}-{number + 1}")
    return told


def _path(source: Source, name: str) -> tuple[str, ...]:
    column = source.column(name)
    return column.path if column else (name,)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
