"""Tocsin's matcher of kafka-filter on JSON lines."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from bench.ours.queries import read
from bench.protocol import Loaded, Pair, Scanned, batches, run
from tocsin.pack.part import Part
from tocsin_matcher import PackMatcher
from tocsin_runtime.worker.lessons import Lessons


def make_matcher(rules: Path) -> tuple[PackMatcher, Loaded]:
    """The matcher of a worker with all rules of the folder."""
    queries, loaded = read(rules)
    return PackMatcher(map(Part.of, queries)), loaded


class Matcher:
    """Tocsin's matcher, as the Kafka worker runs it: in batches, learning on the way."""

    name = "tocsin-matcher"
    version = version("tocsin")

    def load(self, rules: Path) -> Loaded:
        """The pack's matcher."""
        self.matcher, loaded = make_matcher(rules)
        self.lessons = Lessons(self.matcher)
        return loaded

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """One pass over the lines."""
        count = matches = 0
        for lines in batches(events, limit):
            found = self.matcher.match_lines(lines).matches
            self.lessons.after(lines)
            matches += len(found)
            if kept is not None:
                kept += [(match.detection, count + match.event) for match in found]
            count += len(lines)
        return Scanned(count, matches)


if __name__ == "__main__":
    run(Matcher())
