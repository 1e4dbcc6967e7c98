"""A recorded run: a poisoned detection comes, and is set apart from its neighbours.

    cd tests && python -m deployments.record_isolation

writes `docs/deployments/isolation.json`: seconds from the first event on which it is heavy to the
first record that says it is set apart, committed and read back. On Flink, and with a worker.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deployments.recording import TARGETS, command, options, record, workers
from engines.flink_site import FlinkSite, flink_site
from engines.kafka_io import consume
from modes import identity
from patience import until
from tocsin_engines import EngineAddresses
from tocsin_runtime.stream.base import Sink
from tocsin_runtime.stream.names import SINKS

OUT = Path(__file__).resolve().parents[2] / "docs/deployments/isolation.json"
POISON = "{note|re: 'a.{900}.{900}b'}"
"""So many ways at each character of a text of `a` and `c` that no two sets of them are equal.

Without a `b` in it, a text would not be looked at.
"""
EVENTS = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and record."""
    parser = options(__doc__ or "", OUT)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args(arguments)

    def figures(endpoints: EngineAddresses, folder: Path, kind: str) -> dict[str, Any]:
        return measured(endpoints, folder, kind, asked.times)

    record(asked, figures, events=EVENTS)
    return 0


def measured(endpoints: EngineAddresses, folder: Path, kind: str, times: int) -> dict[str, Any]:
    """The seconds of each time on one kind of target."""
    with flink_site(endpoints, folder, kind, TARGETS[kind]) as site:
        site.rule("every", "{action|exists: true}")
        command(site, "apply", "--yes")
        with workers(site, 1 if kind == "kafka" else 0):
            seconds = [_one(site, kind, number) for number in range(times)]
    return {"kind": kind, "seconds": seconds}


def _one(site: FlinkSite, kind: str, number: int) -> float:
    """A poisoned detection of its own comes and goes."""
    name = f"poison{number}"
    site.rule(name, POISON)
    command(site, "apply", "--yes")
    site.feed(poisoned(number))
    seconds = until(lambda: identity(name) in apart(site, kind), "the poisoned detection")
    everything = Counter(f"e{n}" for n in range((number + 1) * EVENTS))
    until(lambda: neighbours(site, kind) == everything, "the matches of its neighbour", 300)
    sys.stderr.write(f"{kind} {number} {seconds:.1f} s\n")
    (site.root / "rules" / f"{name}.yml").unlink()
    command(site, "apply", "--yes")
    return round(seconds, 1)


def poisoned(number: int) -> list[dict[str, str]]:
    """Events of 20 kB on which the detection is heavy."""
    chance = random.Random(number)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return [
        {
            "id": f"e{number * EVENTS + n}",
            "at": at,
            "action": "hit",
            "user": "ann",
            "note": "b" + "".join(chance.choices("ac", k=20_000)),
        }
        for n in range(EVENTS)
    ]


def apart(site: FlinkSite, kind: str) -> set[str]:
    """Ids of the detections that missed an event and are said to be set apart or slow."""
    if kind == "flink":
        rows = site.written("refused")
        return {row["detection_id"] for row in rows if row["reason"].startswith("isolated")}
    return {row["detection"] for row in _letters(site, Sink.DEAD) if row.get("detection")}


def neighbours(site: FlinkSite, kind: str) -> Counter[str]:
    """How often the detection on every event matched each, by the event's id."""
    if kind == "flink":
        rows = [row for row in site.written("found") if row["detection_id"] == identity("every")]
        return Counter(f"e{row['offset']}" for row in rows)
    rows = [row for row in _letters(site, Sink.MATCHES) if row["detection"] == identity("every")]
    return Counter(row["event_id"] for row in rows)


def _letters(site: FlinkSite, sink: Sink) -> list[dict[str, Any]]:
    records = [json.loads(text) for text in consume(site.servers, SINKS[sink])]
    return [row for row in records if row["topic"] == f"{site.project}.audit"]


if __name__ == "__main__":
    sys.exit(main())
