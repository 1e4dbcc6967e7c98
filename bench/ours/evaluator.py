"""The reference evaluator on JSON lines: rule by rule, what all others are judged by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

import orjson

from bench.ours.queries import read
from bench.protocol import Loaded, Pair, Scanned, batches, run
from tocsin.ir.query import Query
from tocsin.model.artifact import Match
from tocsin.pack import Part
from tocsin_runtime.matcher import EvaluatorMatcher


class EvaluatorLines:
    """Batches of lines for the matcher that evaluates rule by rule."""

    def __init__(self, queries: Iterable[Query]) -> None:
        self._matcher = EvaluatorMatcher(map(Part.of, queries))

    def match_lines(self, lines: Sequence[bytes]) -> list[Match]:
        """Matches by number of the line."""
        return [
            Match(rule, number)
            for number, line in enumerate(lines)
            for rule in self._matcher.match(orjson.loads(line))
        ]


class Evaluator:
    """Tocsin's evaluator: the meaning of every rule, not made for speed."""

    name = "tocsin-evaluator"
    version = version("tocsin")

    def load(self, rules: Path) -> Loaded:
        """All rules as predicates."""
        queries, loaded = read(rules)
        self.matcher = EvaluatorLines(queries)
        return loaded

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """One pass over the lines."""
        count = matches = 0
        for lines in batches(events, limit):
            found = self.matcher.match_lines(lines)
            matches += len(found)
            if kept is not None:
                kept += [(match.detection, count + match.event) for match in found]
            count += len(lines)
        return Scanned(count, matches)


if __name__ == "__main__":
    run(Evaluator())
