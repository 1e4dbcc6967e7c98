"""The two forms on a real Flink cluster, one task slot: a pack as one job, and portable statements.

    python -m bench.ours.flink_forms --record

Jobs read a topic to its end, in rounds, so that a slow minute of the machine hits all alike. The
rate of a job is its events over the time its tasks ran; the time to plan it, from the first
statement to the job's id, stands beside it. The statement set gets fewer events: it is slower.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from bench.events import DATA_SETS, made
from bench.ours.duckdb_sql import bound_to
from bench.ours.queries import read
from bench.protocol import batches
from bench.rules import main_rules
from tocsin.backend.base import Endpoints
from tocsin.compile import compile_query
from tocsin.ir.query import Query
from tocsin.model.artifact import Artifact
from tocsin.pack import Pack, Part
from tocsin_engines import running
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.bounded.run import SETTINGS, statement_set
from tocsin_flink_sql.bounded.run_pack import submit
from tocsin_flink_sql.bounded.servers import servers_of
from tocsin_flink_sql.bounded.topics import records
from tocsin_flink_sql.client.http import Rest
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_flink_sql.matcher.jar import functions, pack_jar
from tocsin_flink_sql.sql.tables import TopicLocation, matches_table, source_table, view
from tocsin_kafka.producer import send_all
from tocsin_kafka.topics import temporary

RECORD = Path(__file__).parent.parent / "results" / "flink.json"
FEW = 100
"""Rules of the statement set, and of the pack beside it."""
SLOWER = 10
"""The statement set gets one event in so many."""
SOURCE = "events"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to run rules. `events`: how many of the topic it gets."""

    name: str
    rules: int
    events: int
    parts: Sequence[Part] = ()
    statements: Sequence[Artifact] = ()
    queries: Sequence[Query] = ()


def forms(count: int) -> list[Form]:
    """An empty pack, all rules as a pack, and some rules as a pack and as statements."""
    queries, _ = read(main_rules(None).path)
    parts = [Part.of(query) for query in queries]
    bound = bound_to(queries[:FEW], SOURCE)
    made_of = [compile_query(query, FlinkSql()) for query in bound]
    statements = [each for each in made_of if isinstance(each, Artifact)]
    return [
        Form("pack", 0, count),
        Form("pack", len(parts), count, parts),
        Form("pack", FEW, count, parts[:FEW]),
        Form("statements", len(statements), count // SLOWER, statements=statements, queries=bound),
    ]


def started(
    form: Form, events: TopicLocation, matches: TopicLocation, refused: TopicLocation, gateway: str
) -> str:
    """Submit the form's job; its id."""
    if form.statements:
        return _statements(form, events, matches, gateway)
    pack = Pack.of(SOURCE, [replace(part, source=SOURCE) for part in form.parts])
    with TemporaryDirectory() as folder:
        jar = Path(folder, f"tocsin-pack-{pack.digest}.jar")
        jar.write_bytes(pack_jar(pack))
        return submit(SOURCE, jar, (events, matches, refused), gateway)


def _statements(form: Form, events: TopicLocation, matches: TopicLocation, gateway: str) -> str:
    source = form.queries[0].source
    bounded = TopicLocation(events.servers, events.topic, bounded=True)
    tables = (source_table(source, bounded), view(source), matches_table(matches))
    settings = {**SETTINGS, "pipeline.name": events.topic}
    with functions() as defined, Gateway(gateway, settings=settings) as session:
        for statement in (*defined, *tables):
            session.execute(statement)
        return session.submit_job(statement_set(form.statements))


def run(form: Form, topic: str, endpoints: Endpoints) -> dict[str, Any]:
    """One job, from its first statement to its end."""
    kafka, gateway, rest = servers_of(endpoints)
    own = uuid4().hex
    matches, refused = (
        TopicLocation(kafka, f"{own}-matches"),
        TopicLocation(kafka, f"{own}-refused"),
    )
    with temporary(kafka, [matches.topic, refused.topic]):
        start = time.monotonic()
        job = started(form, TopicLocation(kafka, topic), matches, refused, gateway)
        planned = time.monotonic() - start
        with ClusterRest(rest) as cluster:
            cluster.wait_finished(job, 900)
        found = len(records(kafka, matches.topic))
        if records(kafka, refused.topic):
            raise SystemExit("an event was refused")
    seconds = _seconds(job, rest)
    return {
        "form": form.name,
        "rules": form.rules,
        "events": form.events,
        "matches": found,
        "plan_seconds": round(planned, 2),
        "seconds": round(seconds, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _seconds(job: str, rest: str) -> float:
    """How long the job's tasks ran."""
    client = Rest(rest, "Flink cluster")
    try:
        tasks = client.call("GET", f"/jobs/{job}")["vertices"]
    finally:
        client.close()
    ended, begun = max(t["end-time"] for t in tasks), min(t["start-time"] for t in tasks)
    return float(ended - begun) / 1000


def lines(events: Path, count: int) -> Iterator[bytes]:
    """The first events of a file."""
    return islice((line.rstrip() for some in batches(events, None) for line in some), count)


def measure(count: int, rounds: int) -> list[dict[str, Any]]:
    """A row for each form and round; the first round, while Java warms up, is left out."""
    rows: list[dict[str, Any]] = []
    file, names = made(DATA_SETS["realistic"], count), {}
    with running(("kafka", "flink"), name=f"bench-{os.getpid()}") as endpoints:
        kafka = endpoints.addresses["kafka"]
        all_forms = forms(count)
        names = {events: f"bench-{events}-{uuid4().hex}" for events in (count, count // SLOWER)}
        with temporary(kafka, list(names.values())):
            for events, topic in names.items():
                send_all(kafka, topic, lines(file, events))
            for number in range(rounds + 1):
                for form in all_forms:
                    row = run(form, names[form.events], endpoints)
                    print(json.dumps(row), flush=True)
                    rows += [row] if number else []
    return rows


def told(rows: Iterable[dict[str, Any]]) -> list[str]:
    """A line for each form: the medians."""
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["form"], row["rules"]), []).append(row)
    return [
        f"{name}, {rules} rules: {median(r['events'] / r['seconds'] for r in got):,.0f} events/s, "
        f"planned in {median(r['plan_seconds'] for r in got):.1f} s"
        for (name, rules), got in groups.items()
    ]


def main() -> None:
    """All rounds, then the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true", help=f"write the rounds to {RECORD.name}")
    given = parser.parse_args()
    rows = measure(given.events, given.rounds)
    if given.record:
        RECORD.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    print("\n".join(told(rows)))


if __name__ == "__main__":
    main()
