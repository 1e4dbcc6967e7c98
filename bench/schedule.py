"""Which contender does what, on how many events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import CONTENDERS, REFERENCE, Contender, Part
from bench.events import DATA_SETS, cache_folder, made, made_parquet
from bench.measure import Run
from bench.rules import RuleFolder

STREAMED = ("realistic", "quiet", "fresh", "norepeat")
GROWTH_SHARE = 0.2
"""Of a run's events, for each step of growth."""
LEAST = 200
"""Events of the slowest contender."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Events of the fastest contenders, events of the samples for differences, rounds."""

    events: int = 1_000_000
    sample: int = 2_000
    repeats: int = 3


QUICK = Sizes(events=20_000, sample=500, repeats=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """All runs of a benchmark. Files of events are made when they are asked for."""

    sizes: Sizes
    seed: int
    main: RuleFolder
    steps: tuple[RuleFolder, ...]
    only: frozenset[str]

    def stream(self, data: str) -> list[Run]:
        """All contenders that read lines, on one data set."""
        takes = [c for c in self._in("stream") if not c.sets or data in c.sets]
        lines = self._lines(data) if takes else Path()
        return [Run("stream", data, self.main, c, lines, self._count(c)) for c in takes]

    def batch(self) -> list[Run]:
        """All that read Parquet, and some that read the same events as lines."""
        data = "realistic"
        return [
            Run("batch", data, self.main, c, self._at_rest(c, data), self._count(c))
            for c in self._in("batch")
        ]

    def growth(self, step: RuleFolder) -> list[Run]:
        """Some contenders with fewer or more rules."""
        data = "realistic"
        return [
            Run("growth", data, step, c, self._lines(data), self._count(c, GROWTH_SHARE))
            for c in self._in("growth")
        ]

    def differences(self, file: Path, count: int) -> list[Run]:
        """All on one file of events, the reference first."""
        folder = cache_folder() / "matches"
        folder.mkdir(parents=True, exist_ok=True)
        ordered = sorted(self._in("differences"), key=lambda each: each.name != REFERENCE)
        return [
            Run("differences", "sample", self.main, c, file, count, folder / f"{c.name}.tsv")
            for c in ordered
        ]

    def _in(self, part: Part) -> Iterable[Contender]:
        wanted = [each for each in CONTENDERS if part in each.parts]
        if not self.only:
            return wanted
        kept = self.only | ({REFERENCE} if part == "differences" else set())
        return [each for each in wanted if each.name in kept]

    def _count(self, contender: Contender, share: float = 1.0) -> int:
        wanted = int(self.sizes.events * contender.share * share)
        return min(self.sizes.events, max(LEAST, wanted))

    def _at_rest(self, contender: Contender, data: str) -> Path:
        if contender.lines:
            return self._lines(data)
        return made_parquet(DATA_SETS[data], self.sizes.events, self.seed)

    def _lines(self, data: str) -> Path:
        return made(DATA_SETS[data], self.sizes.events, self.seed)
