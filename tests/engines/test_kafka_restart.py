"""The broker is killed under load and comes back: workers go on, nothing is missed or doubled."""

from __future__ import annotations

import pytest

from deployments.processes import kill
from engines.kafka_shop import Shop, fed, many, stopped, until
from tocsin_runtime.engines import Endpoints
from tocsin_runtime.worker.stream import Sink

pytestmark = pytest.mark.engine


def test_the_broker_is_killed_under_load(shop: Shop, endpoints: Endpoints) -> None:
    events = many(6_000)
    workers = [shop.worker("--name", name) for name in ("w1", "w2")]
    until(lambda: all(shop.shares(2)))
    with fed(shop, events) as count:
        until(lambda: shop.progress() > 600)
        kill(endpoints.logs.name, "kafka", "kafka")
        at = count[0]
        until(lambda: count[0] > at + 1_000)
    until(lambda: shop.progress() == count[0], seconds=120)
    stopped(shop, *workers)
    found = shop.matches()
    assert max(found.values()) == 1
    assert found == shop.expected(events[: count[0]])
    alerts = [alert["id"] for alert in shop.results(Sink.ALERTS)]
    assert len(alerts) == len(set(alerts)) == len(found)
