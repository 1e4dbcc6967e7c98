"""Events for many detections at once: the demo's day, and before it the project's cases."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tocsin.cases.events import START, arrivals
from tocsin.front.project import Project
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.times import time_value
from tocsin.model.source import Source

ROOT = Path(__file__).parents[2]
APART = 30 * 60_000
"""From the start of one case to the next, so that all end before the day of the demo."""
EACH = 8
"""Of events without a match, one in so many is kept."""
SHARED = ("Computer", "Channel", "stage")
"""What identifies an event only together with something else."""


def write(project: Project, folder: Path) -> None:
    """A file for each source, in order of time."""
    demo = [sys.executable, str(ROOT / "docs/demo/events.py"), str(ROOT / "detections")]
    subprocess.run([*demo, str(folder)], check=True)
    for name, timed in _of_cases(project).items():
        timed.sort(key=lambda each: each[0])
        events = enumerate((event for _, event in timed), 1_000_000)
        lines = [json.dumps(_named(event, project.sources[name], n)) for n, event in events]
        file = folder / f"{name}.jsonl"
        day = _matched(project, name, file.read_text("utf-8").splitlines())
        file.write_text("\n".join([*lines, *day]) + "\n", "utf-8")


def _matched(project: Project, name: str, lines: Iterable[str]) -> Iterator[str]:
    """What detections look for, and a part of the rest: engines take long for what is no match."""
    renamed = project.sources[name].renamed
    queries = {each.detection.id: each for query in project.queries for each in query.events}
    asked = [predicate(q.matches) for q in queries.values() if q.source.name == name]
    for number, line in enumerate(lines):
        view = View(json.loads(line), renamed)
        if number % EACH == 0 or any(holds(view) for holds in asked):
            yield line


def _of_cases(project: Project) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    """By source: event time and event. Cases of several sources are left to the demo's attack."""
    found: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    alone = [query for query in project.queries if len(query.sources) == 1]
    cases = [(query.source, case) for query in alone for case in query.detection.cases]
    for number, (source, case) in enumerate(cases):
        for n, event in arrivals(case, [source]):
            time = START + number * APART + case.events[n].at
            _put(event, source, source.time_field, time_value(time, source.time_unit))
            found[source.name].append((time, event))
    return found


def _named(event: dict[str, Any], source: Source, number: int) -> dict[str, Any]:
    """The event under a name of its own, which events of cases share."""
    for name in source.id_fields:
        if name not in SHARED:
            numbered = name == "EventRecordID"
            _put(event, source, name, number if numbered else f"case-{number}")
    return event


def _put(event: dict[str, Any], source: Source, name: str, value: Any) -> None:
    column = source.column(name)
    assert column
    *parents, last = column.path
    inner = event
    for part in parents:
        inner = inner.setdefault(part, {})
    inner[last] = value
