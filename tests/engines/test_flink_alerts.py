"""Correlations on Flink that change together under load: each alert once, and none missed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deployments.recording import command, workers
from engines.beside import repeated
from engines.flink_site import FlinkSite, flink_site
from engines.kafka_io import consume
from modes import identity
from patience import until
from tocsin.front.project import load_project
from tocsin.ir.query import CorrelationQuery
from tocsin.ir.stream import completions, observe
from tocsin_engines import EngineAddresses
from tocsin_runtime.stream.base import Sink
from tocsin_runtime.stream.names import SINKS
from whole import only_whole

pytestmark = [pytest.mark.engine, only_whole]

NAMES = ("together1", "together2", "together3")
Event = dict[str, str]


def test_correlations_that_change_together(endpoints: EngineAddresses, tmp_path: Path) -> None:
    with flink_site(endpoints, tmp_path) as site:
        site.rule("hit", "{action: hit}")
        short = released(site, "10s")
        with workers(site, 1):
            with load(site) as events:
                until(lambda: len(events) > 200, "events")
                long = released(site, "12s")
                released(site, "10s")
                until(lambda: len(events) > 1000, "events")
            must, may = completed(short, events), completed(long, events)
            for name in NAMES:
                until(lambda key=name: set(found(site, key)) >= must, f"the matches of {name}")
        for name in NAMES:
            matches = found(site, name)
            assert set(matches) <= may
            assert set(matches.values()) == {1}
        alerts = [json.loads(text)["id"] for text in consume(site.servers, SINKS[Sink.ALERTS])]
        assert len(alerts) == len(set(alerts)) >= len(NAMES) * len(must)


def released(site: FlinkSite, span: str) -> CorrelationQuery:
    """All correlations over this timespan; one of them."""
    for name in NAMES:
        site.burst(name, "hit", 3, span)
    command(site, "apply", "--yes")
    queries = {query.detection.key: query for query in load_project(site.root).queries}
    query = queries[NAMES[0]]
    assert isinstance(query, CorrelationQuery)
    return query


def completed(query: CorrelationQuery, events: list[Event]) -> set[int]:
    """Numbers of the events that complete the correlation."""
    arrived = observe(query.events, events)
    return {each.event[1] for each in completions(query, arrived).completed}


def found(site: FlinkSite, name: str) -> Counter[int]:
    """How often a correlation's match was written, by number of the event."""
    rows = [json.loads(text) for text in consume(site.servers, SINKS[Sink.MATCHES])]
    return Counter(row["offset"] for row in rows if row["detection"] == identity(name))


@contextmanager
def load(site: FlinkSite) -> Iterator[list[Event]]:
    """Events all the time, and at the end two that close all windows."""
    events, chance = list[Event](), random.Random(1)

    def fed(action: str, at: datetime) -> Event:
        at_text = at.isoformat(timespec="milliseconds")
        event = {"id": f"e{len(events)}", "at": at_text, "action": action, "note": ""}
        events.append({**event, "user": chance.choice("abcd")})
        return events[-1]

    def feed() -> None:
        site.feed(fed(chance.choice(("hit", "a")), datetime.now(UTC)) for _ in range(10))

    with repeated(feed, 0.5):
        yield events
    site.feed(fed("end", datetime.now(UTC) + timedelta(seconds=15 + n)) for n in range(2))
