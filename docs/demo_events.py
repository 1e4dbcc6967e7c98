"""Events for the demo: the project's own cases, shuffled into a stream of one day with a seed.

Run: python docs/demo_events.py PROJECT OUT [COUNT]. Writes OUT/<source>.jsonl, in order of time.
"""

import json
import random
import sys
from datetime import timedelta
from pathlib import Path

from tocsin.cases.events import START, arrivals
from tocsin.front.project import load_project


def main(project: Path, out: Path, count: int) -> None:
    """Mostly events of silent cases, with 2 % of firing ones."""
    chance = random.Random(20261123)  # noqa: S311 - reproducible on purpose
    quiet: dict[str, list[dict]] = {}
    firing: dict[str, list[dict]] = {}
    times = {}
    for query in load_project(project).queries:
        times[query.source.name] = query.source.column(query.source.time_field)
        for case in query.detection.cases:
            pool = quiet if case.expect.alerts == 0 else firing
            events = [event for _, event in arrivals(case, query.source)]
            pool.setdefault(query.source.name, []).extend(events)
    out.mkdir(parents=True, exist_ok=True)
    for source in sorted(quiet):
        lines = []
        for n in range(count):
            event = chance.choice((firing if chance.random() < 0.02 else quiet)[source])
            at = START + timedelta(seconds=n * 86400 / count)
            lines.append(json.dumps(_at(event, times[source].path, f"{at:%Y-%m-%dT%H:%M:%S.000Z}")))
        (out / f"{source}.jsonl").write_text("\n".join(lines) + "\n")


def _at(event: dict, path: tuple[str, ...], time: str) -> dict:
    copy = json.loads(json.dumps(event))
    inner = copy
    for part in path[:-1]:
        inner = inner.setdefault(part, {})
    inner[path[-1]] = time
    return copy


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1000)
