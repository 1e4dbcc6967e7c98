"""A recorded run: many generated cases on one engine against the evaluator.

    python tests/differential/record.py --backend batch-sql --cases 10000 --seed 1

writes `docs/conformance/differential-<backend>.json` and prints every difference, made small, as a
case of the conformance table. Exit code 1 if there is any.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT / "tests")  # not this folder, whose modules are nobody else's

from differential.cases import KINDS, Supply  # noqa: E402 - after the path is set
from differential.compare import Subject, Tally, compare  # noqa: E402
from differential.flink_many import drawn_together  # noqa: E402
from differential.paste import pasted  # noqa: E402
from differential.reduce import reduced  # noqa: E402
from differential.versions import versions  # noqa: E402
from tocsin.backend.registry import load, names  # noqa: E402
from tocsin_engines import EngineAddresses, running  # noqa: E402

RECORDS = ROOT / "docs/conformance"
REDUCED = 10
"""Differences that are made small; one cause is often behind many."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked for. `batch`: cases of one run of the engine, all on all their events."""

    backend: str
    cases: int
    seed: int
    batch: int
    kinds: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and record; 1 if an engine disagreed. Ends its engines when it is terminated, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    asked, out = _asked(arguments)
    with _endpoints(load(asked.backend).needs) as endpoints:
        subject = Subject(drawn_together(asked.backend), endpoints)
        tally, supply = _counted(asked, subject)
        shown = [
            pasted(reduced(subject, d), f"seed {asked.seed}") for d in tally.differences[:REDUCED]
        ]
    click.echo("\n\n".join(shown))
    record = _record(asked, tally, supply)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(record, indent=1) + "\n")
    click.echo(json.dumps(record), err=True)
    return 1 if tally.differences else 0


def _asked(arguments: Sequence[str] | None) -> tuple[Run, Path]:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--backend", required=True, choices=names())
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--kind", action="append", choices=sorted(KINDS))
    parser.add_argument("--out", type=Path)
    told = parser.parse_args(arguments)
    out = told.out or RECORDS / f"differential-{told.backend}.json"
    kinds = tuple(told.kind or KINDS)
    return Run(told.backend, told.cases, told.seed, told.batch, kinds), out


@contextmanager
def _endpoints(needs: tuple[str, ...]) -> Iterator[EngineAddresses]:
    if not needs:
        yield EngineAddresses({}, Path())
        return
    with running(needs, name=f"differential-{os.getpid()}") as started:
        yield started


def _counted(asked: Run, subject: Subject) -> tuple[Tally, Supply]:
    supply = Supply(asked.seed, asked.kinds)
    tally = Tally()
    cases = supply.cases()
    start = time.monotonic()
    while tally.cases < asked.cases:
        compare(subject, list(islice(cases, asked.batch)), tally)
        _progress(tally, asked.cases, time.monotonic() - start)
    tally.seconds = time.monotonic() - start
    return tally, supply


def _progress(tally: Tally, cases: int, seconds: float) -> None:
    rate = tally.cases / seconds if seconds else 0.0
    left = max(0, cases - tally.cases) / rate if rate else 0.0
    text = f"{tally.cases}/{cases} cases, {tally.pairs} pairs, {len(tally.differences)} differences"
    click.echo(f"{text}, {rate:.1f}/s, {left:.0f} s left", err=True)


def _record(asked: Run, tally: Tally, supply: Supply) -> dict[str, Any]:
    return {
        "backend": asked.backend,
        "engine": load(asked.backend).engine,
        "date": datetime.now(UTC).date().isoformat(),
        "seed": asked.seed,
        "kinds": list(asked.kinds),
        "cases": tally.cases,
        "own_pairs": tally.own_pairs,
        "own_matches": tally.own_matches,
        "pairs": tally.pairs,
        "matches": tally.matches,
        "differences": len(tally.differences),
        "repeated": tally.repeated,
        "refused_by_backend": dict(sorted(tally.refused.items())),
        "refused_by_front": dict(sorted(supply.refused.items())),
        "seconds": round(tally.seconds, 1),
        "versions": {**versions(asked.backend), "python": platform.python_version()},
    }


if __name__ == "__main__":
    sys.exit(main())
