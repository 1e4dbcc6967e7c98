"""The broker is killed under load and comes back: workers go on, nothing is missed or doubled."""

from __future__ import annotations

import pytest

from deployments.engine_kills import kill
from engines.kafka_shop import Shop, fed, many, stopped
from patience import until
from tocsin_engines import EngineAddresses
from tocsin_runtime.stream.base import Sink
from whole import only_whole

pytestmark = [pytest.mark.engine, only_whole]


def test_the_broker_is_killed_under_load(shop: Shop, broker: EngineAddresses) -> None:
    events = many(6_000)
    workers = {name: shop.worker("--name", name) for name in ("w1", "w2")}

    def done(count: int) -> bool:
        """A worker that the broker keeps waiting too long ends, and is started again."""
        for name, child in workers.items():
            if child.poll() is not None:
                assert child.returncode == 2
                workers[name] = shop.worker("--name", name)
        return shop.progress() >= count

    until(lambda: all(shop.shares(2)))
    with fed(shop, events) as count:
        until(lambda: shop.progress() > 600)
        kill(broker.logs.name, "kafka", "kafka")
        at = count[0]
        until(lambda: count[0] > at + 1_000)
    until(lambda: done(count[0]))
    stopped(shop, *workers.values())
    found = shop.matches()
    assert max(found.values()) == 1
    assert found == shop.expected(events[: count[0]])
    alerts = [alert["id"] for alert in shop.results(Sink.ALERTS)]
    assert len(alerts) == len(set(alerts)) == len(found)
