"""zargunlite: Zircolite's rules on SQLite, which pySigma-backend-sqlite makes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from sigma.backends.sqlite import sqliteBackend
from zargunlite.core import ZargunCore
from zargunlite.model import ZircoliteRule

from bench.peers.pysigma_rules import convert, fields_of
from bench.protocol import Loaded, Pair, Scanned, run
from bench.tables import completed, field_types

NUMBER = "EventNumber"
"""Name of a field that carries the number of the event; the core checks names for oddities."""
KNOWN = frozenset(ZircoliteRule.__dataclass_fields__)


class Zargunlite:
    """ZargunCore: events into its table, then rule by rule."""

    name = "zargunlite"
    version = version("zargunlite")

    def load(self, rules: Path) -> Loaded:
        """Zircolite's rules."""
        backend = sqliteBackend()
        made, loaded = convert(rules, lambda c: json.loads(backend.convert(c, "zircolite"))[0])
        self.rules = [
            (rule, ZircoliteRule(**{k: v for k, v in made.items() if k in KNOWN and v is not None}))
            for rule, made in made
        ]
        self.fields = fields_of(rules)
        return loaded

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """The table, then every rule."""
        matches = 0
        failed: dict[str, str] = {}
        types = field_types(events)
        names = completed([NUMBER, *types], self.fields)
        integers = {NUMBER, *(name for name, kind in types.items() if kind == "BIGINT")}
        columns = [(name, int if name in integers else str) for name in names]
        with ZargunCore() as core:
            numbered = _numbered(events, limit)
            core.load_data(numbered, fields=columns, strict_field_name=False)
            count = core.execute_sqlite_query("SELECT count(*) AS n FROM logs")[0]["n"]
            for rule, compiled in self.rules:
                try:
                    found = core.execute_zircolite_rule(compiled).matches
                except Exception as error:  # noqa: BLE001 - whatever a peer throws counts as failed
                    failed[rule] = f"{type(error).__name__}: {error}"
                    continue
                matches += len(found)
                if kept is not None:
                    kept += [(rule, each[NUMBER]) for each in found]
        return Scanned(count, matches, failed)


def _numbered(events: Path, limit: int | None) -> Iterator[dict[str, Any]]:
    with events.open("rb") as stream:
        for number, line in enumerate(islice(stream, limit)):
            yield {NUMBER: number, **json.loads(line)}


if __name__ == "__main__":
    run(Zargunlite())
