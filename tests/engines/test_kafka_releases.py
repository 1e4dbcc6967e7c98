"""Workers through changes of release: each event by exactly one version, whatever is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer, Producer

from engines.kafka_moves import Mover, edit
from engines.kafka_shop import Shop, fed, many, stopped, told
from patience import SECONDS, until
from tocsin.backend.streaming import UnhealthyError
from tocsin.errors import ConfigError
from tocsin.release.keys import RELEASE, artifact_key
from tocsin.release.record import ReleaseRecord
from tocsin_engines.ports import choose
from tocsin_kafka import topics
from tocsin_runtime.control.writer import ControlWriter
from tocsin_runtime.observe.workers import Workers
from tocsin_runtime.stream.base import Sink
from tocsin_runtime.stream.names import SINKS
from worker_world import PAID, ROLE, World

pytestmark = pytest.mark.engine


def check_exact(
    shop: Shop, before: World, events: Sequence[dict[str, Any]], changed: str
) -> Counter[str]:
    """Every detection but the changed one matched as it must; how often each logic matched."""
    old, new = (
        {(d, events[n]["id"]) for d, n in world.expected(events, "audit")}
        for world in (before, shop.world)
    )
    found = shop.matches()
    assert max(found.values()) == 1
    kept = {pair for pair in found if pair[0] != changed}
    assert kept == {pair for pair in old if pair[0] != changed}
    # What both versions match is there; what one of them does is there as far as it saw it.
    own = {pair for pair in found if pair[0] == changed}
    assert {p for p in old & new if p[0] == changed} <= own <= old | new
    alerts = [alert["id"] for alert in shop.results(Sink.ALERTS)]
    assert len(alerts) == len(set(alerts)) == len(found)
    logics = {
        world.query(changed).logic: side for world, side in ((before, old), (shop.world, new))
    }
    counted: Counter[str] = Counter()
    for match in shop.results(Sink.MATCHES):
        if match["detection"] == changed:
            assert (changed, match["event_id"]) in logics[match["logic"]]
            counted[match["logic"]] += 1
    return counted


def test_a_release_changes_under_load_and_a_bad_one_is_taken_back(shop: Shop) -> None:
    events = many(30_000)
    workers = [shop.worker("--name", name) for name in ("w1", "w2")]
    until(lambda: all(shop.shares(2)))
    mover = Mover(shop)
    with fed(shop, events) as count:
        until(lambda: shop.progress() > 300)
        before = edit(shop, "paid", "100", "99")
        mover.move()
        assert {name: r["release"] for name, r in shop.reports().items()} == {"w1": 2, "w2": 2}
        assert sum(report["trial_events"] for report in shop.reports().values()) > 0
        # The next one is damaged: it is taken back, and the one before goes on.
        good = shop.world
        edit(shop, "role", "role.grant", "role.take")
        with pytest.raises(UnhealthyError, match=r"worker w\d: artifact \w{12} of role is missing"):
            mover.move(lost=True)
        assert (mover.table.release, mover.table.canary) == (2, None)
        shop.world = good
    until(lambda: shop.progress() == count[0])
    reports = stopped(shop, *workers)
    assert sum(report["events"] for report in reports) == count[0]
    assert len(check_exact(shop, before, events[: count[0]], PAID)) == 2
    assert shop.reports() == {}  # they left in good order


def test_workers_are_killed_during_trial_and_switch(shop: Shop) -> None:
    events = many(60_000)
    workers = {name: shop.worker("--name", name) for name in ("w1", "w2")}
    until(lambda: all(shop.shares(2)))

    def kill(name: str) -> None:
        os.kill(workers[name].pid, signal.SIGKILL)
        workers[name].communicate()

    def at(point: str) -> None:
        if point == "canary-begun":
            kill("w1")  # it counts until its session ends
        if point == "publish release 2":
            kill("w2")
            for name in workers:
                workers[name] = shop.worker("--name", name)

    with fed(shop, events) as count:
        until(lambda: shop.progress() > 300)
        before = edit(shop, "paid", "100", "99")
        Mover(shop, at).move()
        until(lambda: {n: r["release"] for n, r in shop.reports().items()} == {"w1": 2, "w2": 2})
    until(lambda: shop.progress() == count[0])
    stopped(shop, *workers.values())
    assert len(check_exact(shop, before, events[: count[0]], PAID)) == 2


def test_a_poisoned_detection_does_not_get_past_its_trial(shop: Shop) -> None:
    """Its expression takes long on some events, on any machine: the neighbours match as before."""
    child = shop.worker("--name", "w1")
    events = many(300)
    for n in range(0, 300, 3):
        events[n] = {**events[n], "action": f"{n}z{'xy' * 5000}"}  # on the partition of the canary
    until(lambda: all(shop.shares(1)))
    before = edit(shop, "paid", "amount|gte: 100", "action|re: '(x?){500}[^q]{900}z'")
    mover = Mover(shop, lambda point: shop.feed(events) if point == "canary-begun" else None)
    with pytest.raises(UnhealthyError, match=f"worker w1: detection {PAID}: slow"):
        mover.move()
    shop.world = before
    assert mover.table.release == 1
    until(lambda: shop.progress() == len(events))
    stopped(shop, child)
    found, expected = shop.matches(), shop.expected(events)
    assert {p: n for p, n in found.items() if p[0] == ROLE} == {
        p: n for p, n in expected.items() if p[0] == ROLE
    }
    letters = shop.results(Sink.DEAD)
    assert {letter["detection"] for letter in letters} == {PAID}
    assert {letter["partition"] for letter in letters} == {0}


def test_findings_name_what_is_not_as_released(shop: Shop) -> None:
    mover = Mover(shop)
    matches = SINKS[Sink.MATCHES]
    topics.delete(shop.servers, [matches])
    until(lambda: ("sink-missing", matches) in {(f.kind, f.subject) for f in mover.findings()})
    topics.create(shop.servers, SINKS.values(), partitions=1)
    until(lambda: [f.kind for f in mover.findings()] == ["no-worker"])
    shop.feed(many(10))
    (idle,) = mover.findings()
    told = "no worker is running, so nothing raises alerts; 10 events unread"
    assert (idle.kind, idle.detail, idle.by_hand) == ("no-worker", told, True)
    child = shop.worker("--name", "w1")
    until(lambda: mover.findings() == [])
    # A record that it cannot load: the worker goes on, and tells.
    good = mover.table
    shop.writer.put({RELEASE: b"{}"})
    until(lambda: [f.kind for f in mover.findings()] == ["worker-failing"])
    (failing,) = mover.findings()
    assert failing.subject == "w1"
    assert "the release record cannot be read" in failing.detail
    shop.writer.put({RELEASE: good.encode()})
    until(lambda: mover.findings() == [])
    # It is stopped: it tells nothing of the next release.
    child.send_signal(signal.SIGSTOP)
    shop.deploy({ROLE: "live"}, release=2)
    (behind,) = [f for f in mover.findings() if f.subject == "w1"]
    assert (behind.kind, behind.detail) == ("worker-behind", "it runs release 1, not 2")
    child.send_signal(signal.SIGCONT)
    until(lambda: mover.findings() == [])
    topics.delete(shop.servers, [shop.topic])
    until(lambda: [f.kind for f in mover.findings()] == ["topic-missing"])


def test_events_that_wait_for_long_though_somebody_is_there_are_a_finding(shop: Shop) -> None:
    idle = Consumer({"bootstrap.servers": shop.servers, "group.id": shop.group, "log_level": 0})
    idle.subscribe([shop.topic])
    until(lambda: idle.poll(0.1) is None and len(idle.assignment()) == 3)
    producer = Producer({"bootstrap.servers": shop.servers, "log_level": 0})
    hour_ago = int(time.time() * 1000) - 3_600_000
    producer.produce(shop.topic, b"{}", partition=1, timestamp=hour_ago)
    producer.produce(shop.topic, b"{}", partition=1)
    assert producer.flush(SECONDS) == 0
    found = {each.kind: each for each in Mover(shop).findings()}
    assert set(found) == {"worker-silent", "worker-lagging"}
    since = datetime.fromtimestamp(hour_ago / 1000, UTC).isoformat(timespec="seconds")
    assert found["worker-lagging"].detail == f"2 events unread, the oldest since {since}"
    assert all(each.by_hand for each in found.values())
    idle.close()


def test_a_worker_goes_on_whatever_is_in_its_control_topic(shop: Shop) -> None:
    child = shop.worker("--name", "w1")
    until(lambda: "w1" in shop.reports())
    good = Mover(shop).table.encode()
    chance = random.Random(1)
    damaged = [good[: chance.randrange(len(good))] + chance.randbytes(9) for _ in range(50)]
    deep, digits = b"[" * 500_000, b'{"environment":"broker","release":' + b"9" * 500_000 + b"}"
    for body in (*damaged, b"", deep, digits, b"\x00" * 1_000_000):
        shop.writer.put({RELEASE: body, "worker/\u202e": body[:1000], "else": body})
    shop.feed(many(30))
    until(lambda: shop.progress() == 30)
    # The reports of workers that nobody started are no reports.
    assert {f.kind for f in Mover(shop).findings()} == {"worker-failing"}
    shop.writer.put({RELEASE: good})
    until(lambda: Mover(shop).findings() == [])
    stopped(shop, child)
    assert shop.matches() == shop.expected(many(30))


TIMELESS = [
    *({"id": f"r{n}", "at": "soon", "action": "role.grant", "actor": "ann"} for n in range(7)),
    *({"id": f"p{n}", "action": "pay", "actor": "ann", "amount": 100} for n in range(4)),
    *({"id": f"n{n}", "action": "look"} for n in range(3)),
]
"""Seven and four match one of the detections, three none."""


def test_health_and_figures_over_http(shop: Shop) -> None:
    port = choose(("worker",), {})["worker"]
    child = shop.worker("--name", "w1", "--listen", f"127.0.0.1:{port}")
    while "reads" not in told(child):
        pass
    shop.feed([*many(300), b"oops", *TIMELESS])
    until(lambda: shop.progress() == 301 + len(TIMELESS))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
        assert (http.get("/healthz").status_code, http.get("/healthz").text) == (200, "alive\n")
        assert (http.get("/readyz").status_code, http.get("/readyz").text) == (200, "release 1\n")
        matches = shop.matches().total()
        for line in (
            f"tocsin_events_total {300 + len(TIMELESS)}.0",
            f'tocsin_matches_without_time_total{{detection="{ROLE}"}} 7.0',
            f'tocsin_matches_without_time_total{{detection="{PAID}"}} 4.0',
            f"tocsin_matches_total {matches}.0",
            f"tocsin_alerts_total {matches}.0",
            "tocsin_dead_letters_total 1.0",
            "tocsin_release 1.0",
            f'tocsin_lag_events{{partition="0",topic="{shop.topic}"}} 0.0',
        ):
            # The lag is as old as the client's last look at it.
            until(lambda line=line: line in http.get("/metrics").text.splitlines())
        assert http.get("/elsewhere").status_code == 404
        table = Mover(shop).table
        words = "7 events without time: role", "4 events without time: paid"
        workers = Workers(Mover(shop).place)
        until(lambda: {t.words for t in workers.look(table.detections, {})[1]} == set(words))
        shop.writer.put({RELEASE: b"{}"})
        until(lambda: http.get("/readyz").status_code == 503)
        assert "cannot be read" in http.get("/readyz").text
    stopped(shop, child)


def test_a_second_apply_fences_the_first(shop: Shop) -> None:
    name = shop.world.project.settings.project.name
    second = ControlWriter(shop.servers, name, "broker")
    second.put({artifact_key("x"): b"1"})
    for _ in range(2):
        with pytest.raises(ConfigError, match="another apply has taken over"):
            shop.writer.put({artifact_key("x"): b"2"})
    shop.writer = ControlWriter(shop.servers, name, "broker")


def test_what_jobs_found_is_alerted_once(shop: Shop) -> None:
    """Kind flink: rows of the found topic, and the filters of kafka-filter, in one worker."""
    settings = shop.world.root / "tocsin.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace('kind = "kafka"', 'kind = "flink"'), "utf-8")
    name = shop.world.project.settings.project.name
    found = f"tocsin.found.{name}.broker"
    entries, bodies = shop.world.released("broker", {ROLE: "live", PAID: "live"})
    rows = [replace(e, backend="flink-sql") if e.id == ROLE else e for e in entries]
    shop.publish(ReleaseRecord("broker", 2, tuple(rows)), bodies)
    topics.create(shop.servers, [found], partitions=2)
    events = many(200)
    shop.feed(events)
    producer = Producer({"bootstrap.servers": shop.servers})
    expected = shop.expected(events)
    for n, event in enumerate(events):
        if (ROLE, event["id"]) in expected:
            row = {
                "detection_id": ROLE,
                "logic": shop.world.query(ROLE).logic,
                "source": "audit",
                "partition": n % 3,
                "offset": n // 3,
                "event_time": event["at"],
                "event_id": event["id"],
                "group": None,
                "event": json.dumps(event),
            }
            producer.produce(found, json.dumps(row).encode(), partition=n % 2)
    assert producer.flush(SECONDS) == 0
    report = shop.finish(shop.worker("--until-end"))
    assert report["matches"] == expected.total()
    assert shop.matches() == expected
    assert shop.finish(shop.worker("--until-end"))["matches"] == 0
    alerts = [alert["id"] for alert in shop.results(Sink.ALERTS)]
    assert len(alerts) == len(set(alerts)) == expected.total()
    topics.delete(shop.servers, [found])
