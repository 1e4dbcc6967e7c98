"""Progress of the writing, and kills spread over it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from sqlalchemy import func, select

from tocsin.errors import EngineError
from tocsin_server.alerts.models import Position
from tocsin_server.database import Database

CONSOLE = Console()
Kill = tuple[str, Callable[[], None]]
"""What is killed and comes back, and how."""


@dataclass(slots=True)
class Ingested:
    """Seconds and places reached by then; what was killed, and when."""

    samples: list[tuple[float, int]] = field(default_factory=list)
    killed: list[tuple[float, str]] = field(default_factory=list)

    def rate(self) -> float:
        """Records a second, from the first that was written to the last, kills included."""
        written = [sample for sample in self.samples if sample[1]]
        (start, first), (end, last) = written[0], written[-1]
        return (last - first) / (end - start)

    def quiet_rate(self) -> float:
        """The median of the rates of ten seconds without a kill or a break."""
        steps = zip(self.samples, self.samples[10:], strict=False)
        rates = sorted(
            (last - first) / (end - start)
            for (start, first), (end, last) in steps
            if last > first and not any(start - 20 <= at <= end for at, _ in self.killed)
        )
        return rates[len(rates) // 2] if rates else 0.0


def place(database: Database) -> int:
    """How many records were read of all partitions; -1 while the database is away."""
    try:
        with database.read() as session:
            return int(session.scalar(select(func.sum(Position.next))) or 0)
    except EngineError:
        return -1


def ingested(
    reached: Callable[[], int], total: int, kills: Sequence[Kill], number: int
) -> Ingested:
    """Wait until all is written; kill so many times in between, by turns."""
    told, start = Ingested(), time.monotonic()
    while (now := reached()) < total:
        at = time.monotonic() - start
        if now >= 0:
            told.samples.append((at, now))
        if len(told.killed) < number and now >= total * (len(told.killed) + 1) // (number + 1):
            what, kill = kills[len(told.killed) % len(kills)]
            told.killed.append((at, what))
            CONSOLE.print(f"{at:.0f} s: {now:,} of {total:,}; killing the {what}")
            kill()
        time.sleep(1)
    told.samples.append((time.monotonic() - start, total))
    return told
