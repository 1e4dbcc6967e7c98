"""What declared types cost on DuckDB: `python -m bench.declared` (see docs/performance.md).

The same rules on the same events three times: types are known to fit, are declared and do fit, are
declared and one event in a hundred does not. Processor time of all threads, so that whatever else
the machine does counts little; medians of rounds side by side.
"""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import replace
from itertools import islice
from typing import Any

from bench.events import DATA_SETS, made
from bench.ours.duckdb_sql import bound_to
from bench.ours.queries import read
from bench.rules import main_rules
from tocsin.compile import compile_all
from tocsin.ir.query import Query, rebound
from tocsin.model.artifact import Job
from tocsin_batch_sql.duckdb.backend import BatchSql

RULES, EVENTS, ROUNDS, SEED = 60, 10_000, 3, 7
Event = dict[str, Any]


def drifted(events: list[Event]) -> list[Event]:
    """One in a hundred has a text for a number."""
    return [e | ({} if n % 100 else {"ProcessId": "?"}) for n, e in enumerate(events)]


def job(queries: list[Query], events: list[Event], *, fits: bool) -> Job:
    """The rules over a source whose types are known to fit, or just declared."""
    source = replace(queries[0].source, fits=fits)
    compiled, _ = compile_all([rebound(query, source) for query in queries], BatchSql())
    return Job((source,), tuple(artifact for _, artifact in compiled), tuple(events))


def seconds(work: Job) -> float:
    """Loading the table and all statements."""
    begun = time.process_time()
    BatchSql().run([work])
    return time.process_time() - begun


def main() -> None:
    """Print a line for each."""
    file = made(DATA_SETS["realistic"], EVENTS, SEED)
    with file.open("rb") as lines:
        events = [json.loads(line) for line in islice(lines, EVENTS)]
    queries = bound_to(read(main_rules(None).path)[0][:RULES], "events")
    works = {
        "types fit, and that is known": job(queries, events, fits=True),
        "declared types, all events fit": job(queries, events, fits=False),
        "declared types, 1 in 100 does not": job(queries, drifted(events), fits=False),
    }
    rounds = [{name: seconds(work) for name, work in works.items()} for _ in range(ROUNDS)]
    for name in works:
        print(f"{name:34} {statistics.median(each[name] for each in rounds):5.2f} s")


if __name__ == "__main__":
    main()
