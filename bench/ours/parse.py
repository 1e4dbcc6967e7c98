"""The limit: lines are parsed, and nothing is asked of them."""

from __future__ import annotations

from pathlib import Path

import orjson

from bench.protocol import Loaded, Pair, Scanned, batches, run


class ParseAlone:
    """Parsing each line into a dictionary: no matcher that does so can be faster."""

    name = "parse-alone"
    version = orjson.__version__

    def load(self, rules: Path) -> Loaded:
        """Nothing."""
        del rules
        return Loaded(0)

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """One pass over the lines."""
        del kept
        count = 0
        loads = orjson.loads
        for lines in batches(events, limit):
            for line in lines:
                loads(line)
            count += len(lines)
        return Scanned(count, 0)


if __name__ == "__main__":
    run(ParseAlone())
