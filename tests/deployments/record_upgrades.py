"""A recorded run: upgrades and rollbacks under load, while everything is killed once in a while.

    cd tests && python -m deployments.record_upgrades

writes `docs/deployments/upgrades.json`. Exit code 1 if a match was missed or found twice.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from deployments.editions import CONDITIONS, Edition
from deployments.engine_kills import kill
from deployments.environment_under_load import Scene, scene
from deployments.event_feed import ACTIONS
from deployments.rollout_process import VERDICT, Errand
from tocsin.errors import EngineError
from tocsin.release.state_decision import Fate
from tocsin_engines import running
from tocsin_flink_sql.deploy.rollout_steps import JobAction

OUT = Path(__file__).resolve().parents[2] / "docs/deployments/upgrades.json"
FAULTS = ("session-ready", "staged", "stopped", "started", "switched")
"""Points that every move that changes something comes by, beside those of its steps."""
BESIDE = ("cut-published", "cut-reached", "old-stopped")
"""Those of a move that makes state anew."""
VICTIMS = (
    ("flink", "flink-taskmanager"),
    ("flink", "flink-jobmanager"),
    ("flink", "flink-gateway"),
    ("kafka", "kafka"),
)
UP_SECONDS = 180.0


def editions(count: int, seed: int) -> Iterator[Edition]:
    """Detections come, change and go; the correlation is kept, or of another type or timespan."""
    random = Random(seed)
    kinds = list(CONDITIONS)
    now = Edition(1, {"ra": "a", "rb": "b"})
    for number in range(1, count + 1):
        actions = dict(now.actions)
        for key in random.sample(("ra", "rb", "rc", "rd"), 2):
            if key in actions and random.random() < 1 / 3:
                del actions[key]
            else:
                actions[key] = random.choice(ACTIONS)
        # Every second edition keeps the state of its correlation.
        fresh = number % 2 == 0
        kind = kinds[number // 2 % len(kinds)] if fresh else now.kind
        threshold = 3 + number % 3
        now = replace(now, number=number, actions=actions, kind=kind, threshold=threshold)
        yield now


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and record."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--upgrades", type=int, default=20)
    parser.add_argument("--rollbacks", type=int, default=5)
    parser.add_argument("--rate", type=int, default=50, help="events a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args(arguments)
    name = f"record-{os.getpid()}"
    with (
        running(("kafka", "flink"), name=name) as endpoints,
        TemporaryDirectory() as folder,
        scene(endpoints, Path(folder), rate=asked.rate, seed=asked.seed) as live,
    ):
        record = _run(live, asked, lambda victim: kill(name, *victim))
    asked.out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    sys.stdout.write(json.dumps(record) + "\n")
    return 0 if record["good"] else 1


def _run(
    live: Scene, asked: argparse.Namespace, end: Callable[[tuple[str, str]], None]
) -> dict[str, Any]:
    """All moves, each with a fault or after a kill, in turn."""
    moves: list[dict[str, Any]] = []
    plan = list(_plan(asked.upgrades, asked.rollbacks, asked.seed))
    for number, (what, edition) in enumerate(plan):
        victim = VICTIMS[number // 2 % len(VICTIMS)] if number % 2 else None
        if victim:
            end(victim)
            _until_up(live)
        fault = "" if victim or not number else _fault(number, live.errand(edition))
        seconds = live.move(edition, [fault] if fault else [])
        moves.append(
            {
                "move": what,
                "correlation": edition.kind,
                "killed": victim[1] if victim else f"mover at {fault}" if fault else "",
                "seconds": round(seconds, 1),
                "findings": [each.kind for each in live.findings()],
            }
        )
        sys.stderr.write(json.dumps(moves[-1]) + "\n")
    result = live.counted()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "upgrades": asked.upgrades,
        "rollbacks": asked.rollbacks,
        "rate": asked.rate,
        "seed": asked.seed,
        "good": result.good and not any(move["findings"] for move in moves),
        "median_seconds": median(move["seconds"] for move in moves),
        **result.as_json(),
        "moves": moves,
    }


def _plan(upgrades: int, rollbacks: int, seed: int) -> Iterator[tuple[str, Edition]]:
    """The upgrades, and every so often a rollback to the edition before the last."""
    made: list[Edition] = []
    every = max(1, upgrades // max(1, rollbacks))
    back = 0
    for edition in editions(upgrades + 1, seed):
        yield ("upgrade" if made else "first"), edition
        made.append(edition)
        if len(made) % every == 0 and len(made) > 1 and back < rollbacks:
            back += 1
            yield "rollback", made[-2]
            made.append(made[-2])


def _fault(number: int, errand: Errand) -> str:
    kept = not errand.verdict or VERDICT.validate_json(errand.verdict).fate is Fate.KEEP
    steps = [JobAction(step.does).point for step in errand.fleet.steps(errand.move)]
    points = [*steps, *FAULTS, *(() if kept else BESIDE)]
    return points[number // 2 % len(points)]


def _until_up(live: Scene) -> None:
    """Wait until the engines answer again; jobs may be lost."""
    deadline = time.monotonic() + UP_SECONDS
    while True:
        try:
            live.findings()
        except EngineError:
            if time.monotonic() > deadline:
                raise
            time.sleep(2)
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
