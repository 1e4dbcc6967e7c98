"""pySigma-backend-sqlite: a query a rule, on a table in memory made as its documentation says."""

from __future__ import annotations

import re
import sqlite3
from functools import cache
from importlib.metadata import version
from pathlib import Path

from sigma.backends.sqlite import sqliteBackend

from bench.peers.pysigma_rules import convert, fields_of
from bench.protocol import Loaded, Pair, Scanned, run
from bench.tables import ROW, load_sqlite

SELECT = "SELECT * FROM logs"


class Sqlite:
    """The queries of pySigma-backend-sqlite."""

    name = "pysigma-sqlite"
    version = version("pysigma-backend-sqlite")

    def load(self, rules: Path) -> Loaded:
        """The queries."""
        self.queries, loaded = convert(rules, sqliteBackend().convert)
        self.fields = fields_of(rules)
        return loaded

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """The table, then every query; the number of the event alone is fetched."""
        connection = sqlite3.connect(":memory:")
        connection.create_function("regexp", 2, _holds, deterministic=True)
        count = load_sqlite(connection, events, limit, self.fields)
        matches = 0
        failed: dict[str, str] = {}
        for rule, queries in self.queries:
            for query in queries:
                try:
                    asked = query.replace(SELECT, f'SELECT "{ROW}" FROM logs', 1)
                    found = connection.execute(asked).fetchall()
                except sqlite3.Error as error:
                    failed[rule] = str(error)
                    continue
                matches += len(found)
                if kept is not None:
                    kept += [(rule, number) for (number,) in found]
        return Scanned(count, matches, failed)


def _holds(pattern: str, value: object) -> bool:
    return value is not None and _compiled(pattern).search(str(value)) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


if __name__ == "__main__":
    run(Sqlite())
