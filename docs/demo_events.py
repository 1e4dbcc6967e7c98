"""Events for the demo: the project's own cases, shuffled into a stream of one day with a seed.

Run: python docs/demo_events.py PROJECT OUT [COUNT]. Writes OUT/<source>.jsonl, in order of time.
"""

import json
import random
import sys
from pathlib import Path

from tocsin.cases.events import START, arrivals
from tocsin.front.project import load_project
from tocsin.ir.times import time_value
from tocsin.model.source import Source


def main(project: Path, out: Path, count: int) -> None:
    """Mostly events of silent cases, with 2 % of firing ones."""
    chance = random.Random(20261123)  # noqa: S311 - reproducible on purpose
    quiet: dict[str, list[dict]] = {}
    firing: dict[str, list[dict]] = {}
    sources = {}
    for query in load_project(project).queries:
        sources[query.source.name] = query.source
        for case in query.detection.cases:
            pool = quiet if case.expect.alerts == 0 else firing
            events = [event for _, event in arrivals(case, [query.source])]
            pool.setdefault(query.source.name, []).extend(events)
    out.mkdir(parents=True, exist_ok=True)
    for name in sorted(quiet):
        lines = []
        for n in range(count):
            event = chance.choice((firing if chance.random() < 0.02 else quiet)[name])
            at = START + n * 86400 // count * 1000
            lines.append(json.dumps(_at(event, sources[name], n, at)))
        (out / f"{name}.jsonl").write_text("\n".join(lines) + "\n")


def _at(event: dict, source: Source, number: int, at: int) -> dict:
    copy = json.loads(json.dumps(event))
    names = dict.fromkeys(source.id_fields[-1:], f"{source.name}-{number}")
    time = {source.time_field: time_value(at, source.time_unit)}
    for field, value in {**time, **names}.items():
        if not field:
            continue
        *parents, last = source.column(field).path
        inner = copy
        for part in parents:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return copy


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1000)
