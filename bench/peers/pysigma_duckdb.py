"""pySigma-backend-duckdb: a query a rule, on a view of a table in memory."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import duckdb
from sigma_backend_duckdb.backend import DuckDBBackend

from bench.peers.pysigma_rules import convert, fields_of
from bench.protocol import Loaded, Pair, Scanned, run
from bench.tables import ROW, completed, load_duckdb, view_duckdb

SELECT = "SELECT * FROM logs"


class DuckDb:
    """The queries of pySigma-backend-duckdb."""

    name = "pysigma-duckdb"
    version = f"{version('pysigma-backend-duckdb')}, DuckDB {duckdb.__version__}"

    def load(self, rules: Path) -> Loaded:
        """The queries."""
        self.queries, loaded = convert(rules, DuckDBBackend().convert)
        self.fields = fields_of(rules)
        return loaded

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """The table, then every query; the number of the event alone is fetched."""
        matches = 0
        failed: dict[str, str] = {}
        with duckdb.connect(config={"threads": 1}) as connection:
            count = load_duckdb(connection, events, limit, "events")
            names = [name for name in connection.table("events").columns if name != ROW]
            view_duckdb(connection, "events", completed(names, self.fields), "logs")
            for rule, queries in self.queries:
                for query in queries:
                    try:
                        asked = query.replace(SELECT, f'SELECT "{ROW}" FROM logs', 1)
                        found = connection.execute(asked).fetchall()
                    except duckdb.Error as error:
                        failed[rule] = str(error)
                        continue
                    matches += len(found)
                    if kept is not None:
                        kept += [(rule, number) for (number,) in found]
        return Scanned(count, matches, failed)


if __name__ == "__main__":
    run(DuckDb())
