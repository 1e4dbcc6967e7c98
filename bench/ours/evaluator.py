"""The reference evaluator on JSON lines: rule by rule, what all others are judged by."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import orjson

from bench.ours.queries import read
from bench.protocol import Loaded, Pair, Scanned, batches, run
from tocsin.ir.evaluate import View, predicate


class Evaluator:
    """Tocsin's evaluator: the meaning of every rule, not made for speed."""

    name = "tocsin-evaluator"
    version = version("tocsin")

    def load(self, rules: Path) -> Loaded:
        """All rules as predicates."""
        queries, loaded = read(rules)
        self.rules = [(query.detection.id, predicate(query.matches)) for query in queries]
        return loaded

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """One pass over the lines."""
        count = matches = 0
        for lines in batches(events, limit):
            for line in lines:
                view = View(orjson.loads(line))
                found = [(rule, count) for rule, holds in self.rules if holds(view)]
                matches += len(found)
                if kept is not None:
                    kept += found
                count += 1
        return Scanned(count, matches)


if __name__ == "__main__":
    run(Evaluator())
