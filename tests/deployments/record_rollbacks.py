"""A recorded run: one detection of a thousand is taken back under load, again and again.

    cd tests && python -m deployments.record_rollbacks

writes `docs/deployments/rollbacks.json`: seconds from the command to the moment when all that runs
is healthy, which is when `tocsin rollback` ends. On Flink, and with two workers.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from deployments.recording import TARGETS, command, options, record, workers
from engines.beside import repeated
from engines.flink_site import FlinkSite, flink_site
from tocsin_engines import EngineAddresses

OUT = Path(__file__).resolve().parents[2] / "docs/deployments/rollbacks.json"
WORKERS = 2
RATE = 50
"""Events a second."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and record."""
    parser = options(__doc__ or "", OUT)
    parser.add_argument("--detections", type=int, default=1000)
    parser.add_argument("--rollbacks", type=int, default=20)
    asked = parser.parse_args(arguments)

    def figures(endpoints: EngineAddresses, folder: Path, kind: str) -> dict[str, Any]:
        return measured(endpoints, folder, kind, asked.detections, asked.rollbacks)

    record(asked, figures, rate=RATE)
    return 0


def measured(
    endpoints: EngineAddresses, folder: Path, kind: str, detections: int, rollbacks: int
) -> dict[str, Any]:
    """The seconds of each rollback on one kind of target."""
    with flink_site(endpoints, folder, kind, TARGETS[kind]) as site:
        for number in range(detections):
            site.rule(name(number), condition(number, ""))
        command(site, "apply", "--yes")
        with workers(site, WORKERS if kind == "kafka" else 0), load(site):
            seconds = [_one(site, number) for number in range(rollbacks)]
    ordered = sorted(seconds)
    return {
        "kind": kind,
        "detections": detections,
        "median": ordered[len(ordered) // 2],
        "p95": ordered[-(-95 * len(ordered) // 100) - 1],
        "seconds": seconds,
    }


def _one(site: FlinkSite, number: int) -> float:
    """A detection is changed and released, then taken back: how long that takes."""
    site.rule(name(number), condition(number, "newer"))
    command(site, "apply", "--yes")
    started = time.monotonic()
    command(site, "rollback", name(number), "--yes")
    seconds = round(time.monotonic() - started, 1)
    assert set(site.findings()) <= {"no-worker"}  # jobs on Flink run without one
    sys.stderr.write(f"{site.project} {number} {seconds} s\n")
    site.rule(name(number), condition(number, ""))
    return seconds


def name(number: int) -> str:
    """Of a rule."""
    return f"rule{number:04}"


def condition(number: int, more: str) -> str:
    """What a rule looks for, as YAML."""
    match number % 3:
        case 0:
            return f"{{note|contains: 'mark {number} {more}', action: act{number % 50}}}"
        case 1:
            return f"{{user|endswith: 'u{number}{more}', action: [hit, 'act{number % 7}']}}"
        case _:
            return f"{{note|re: 'id={number}[a-f]+{more}$'}}"


@contextmanager
def load(site: FlinkSite) -> Iterator[None]:
    """Events all the time."""
    numbers = count(0, RATE)

    def feed() -> None:
        at, first = datetime.now(UTC).isoformat(timespec="milliseconds"), next(numbers)
        site.feed(_event(n, at) for n in range(first, first + RATE))

    with repeated(feed, 1):
        yield


def _event(number: int, at: str) -> dict[str, str]:
    action = f"act{number % 50}"
    note = f"mark {number % 999} of {number}"
    return {"id": f"e{number}", "at": at, "action": action, "user": f"u{number % 99}", "note": note}


if __name__ == "__main__":
    sys.exit(main())
