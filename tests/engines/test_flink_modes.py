"""Modes of deployment on workers and on Flink: live, shadow, a newer form beside, promoted.

Wherever a detection is, its state goes on: what was fed before a change completes after it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deployments.recording import workers
from engines.flink_site import FlinkSite, flink_site
from engines.kafka_io import consume
from modes import ALERTING, identity
from patience import until
from tocsin_engines import EngineAddresses
from tocsin_runtime.stream.base import Sink
from tocsin_runtime.stream.names import SINKS
from whole import only_whole

pytestmark = pytest.mark.engine

EACH_TIME = ("temporal_ordered",)
OTHERS = (
    ("event_count", "value_avg"),
    ("value_count", "value_sum", "temporal"),
    ("value_percentile", "value_median"),
)
TOGETHER = [
    pytest.param((), id="workers"),
    pytest.param(EACH_TIME, id="flink"),
    *(pytest.param(types, id="-".join(types), marks=only_whole) for types in OTHERS),
]


@dataclass
class Run:
    """One environment on its way. `ends`: event times at which everything is completed."""

    site: FlinkSite
    types: Sequence[str]
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    ends: list[int] = field(default_factory=list)

    def change(self, step: Callable[[], object]) -> None:
        """Half of what completes, a change, the other half; then all is as it should be."""
        user = f"u{len(self.ends)}"
        self.feed(user, ("hit", "1"), ("hit", "2"))
        step()
        self.feed(user, ("end", "3"))
        self.ends.append(int(self.now.timestamp() * 1000))
        self.now += timedelta(minutes=1)
        self.feed("nobody", ("tick", ""))
        until(lambda: self.site.findings() == [], "a healthy status")
        assert "Nothing to do" in self.site.run("plan").output

    def feed(self, user: str, *told: tuple[str, str]) -> None:
        """Events, one a second."""
        events = []
        for action, note in told:
            self.now += timedelta(seconds=1)
            at = self.now.isoformat(timespec="milliseconds")
            name = f"{user}-{action}-{note}"
            events.append({"id": name, "at": at, "action": action, "user": user, "note": note})
        self.site.feed(events)

    def matches(self, mark: str = "") -> dict[str, Counter[int]]:
        """How often each detection matched, by event time, as the worker read it."""
        names = (ALERTING, *self.types)
        rows = [json.loads(text) for text in consume(self.site.servers, SINKS[Sink.MATCHES])]
        own = [row for row in rows if row["topic"] == f"{self.site.project}.audit"]
        return {
            name: Counter(r["time"] for r in own if r["detection"] == identity(name) + mark)
            for name in names
        }

    def found(self, ends: Sequence[int], mark: str = "", but: Iterable[str] = ()) -> None:
        """Wait until all have matched at these times, each once."""
        wanted = {name: Counter(ends) for name in (ALERTING, *self.types) if name not in but}

        def there() -> bool:
            now = self.matches(mark)
            return all(set(now[name]) >= set(ends) for name in wanted)

        until(there, f"matches of all{mark}")
        now = self.matches(mark)
        assert {name: now[name] for name in wanted} == wanted

    def alerts(self) -> list[dict[str, Any]]:
        """All alerts of the environment; none is there twice."""
        rows = [json.loads(text) for text in consume(self.site.servers, SINKS[Sink.ALERTS])]
        own = [r for r in rows if r["source"] == f"/tocsin/{self.site.project}/prod"]
        assert len(own) == len({row["id"] for row in own})
        # Without correlations, what they are based on raises alerts too.
        named = {identity(name) for name in (ALERTING, *self.types)}
        return [row for row in own if row["subject"] in named]

    def alerted(self) -> int:
        """How many alerts there are; those of correlations have the events of their windows."""
        own = self.alerts()
        for alert in own:
            shown = [each["data"]["id"] for each in alert["data"]["evidences"]]
            user = shown[-1].partition("-")[0]
            window = [f"{user}-hit-1", f"{user}-hit-2", f"{user}-end-3"]
            assert shown == (window[-1:] if alert["subject"] == identity(ALERTING) else window)
        return len(own)

    def left_out(self) -> None:
        """Events that correlations do not count: those that are late are published."""
        at = self.now.isoformat(timespec="milliseconds")
        events = {
            "late": {"at": (self.now - timedelta(days=1)).isoformat(), "user": "ann"},
            "keyless": {"at": at},
            "untimed": {"at": "soon", "user": "ann"},
        }
        self.site.feed({"id": name, "action": "hit", **told} for name, told in events.items())
        until(lambda: len(self.site.written("late")) >= len(self.types), "late events")
        found = self.site.written("late")
        assert [row["detection"] for row in found] == list(map(identity, self.types))
        for row in found:
            told = json.loads(row["value"])
            assert (told["id"], row["event_id"], row["source"]) == ("late", "late", "audit")
            assert row["time"] == int((self.now - timedelta(days=1)).timestamp() * 1000)
        rows = [r for r in self.site.written("found") if r.get("reason")]
        assert Counter((r["event_id"], r["reason"]) for r in rows) == {
            ("late", "late"): len(self.types),
            ("keyless", "without group key"): len(self.types),
            ("untimed", "without time"): len(self.types),
        }
        until(lambda: len(self.site.status()["tallies"]) == 3 * len(self.types), "tallies")
        told = self.site.status()["tallies"]
        assert {(each["subject"], each["reason"], each["events"]) for each in told} == {
            (name, reason, 1)
            for name in self.types
            for reason in ("late", "without group key", "without time")
        }

    def pipelines(self, mark: str = "") -> list[str]:
        """Of the jobs that run; those of forms in shadow have a mark."""
        return [pipeline for pipeline in self.site.pipelines() if pipeline.endswith(mark)]


@pytest.fixture
def run(
    endpoints: EngineAddresses, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Run]:
    kinds = ("flink", "flink-sql") if request.param else ("kafka", "kafka-filter")
    with flink_site(endpoints, tmp_path, *kinds) as site:
        yield Run(site, request.param)


@pytest.mark.parametrize("run", TOGETHER, indirect=True)
def test_every_mode_keeps_its_state(run: Run) -> None:
    site, types = run.site, sorted(run.types)
    first = (types or [ALERTING])[0]
    for name in ("hit", "end"):
        site.rule(name, f"{{action: {name}}}")

    def apply() -> None:
        site.run("apply", "--yes")

    site.modes(types, "live")
    apply()
    with workers(site, 1):
        run.change(apply)
        run.found(run.ends)
        everyone = len(types) + 1
        assert run.alerted() == everyone

        site.modes(types, "shadow")
        planned = json.loads(site.run("plan", "--verbose", "--format", "json").output)["rollout"]
        switch = [step for step in planned if step["phase"] == "switch" and step["backend"]]
        assert {name for step in switch for name in step["subjects"]} == (
            {"audit", *types} if types else set()
        )
        run.change(apply)
        run.found(run.ends)
        assert run.alerted() == everyone

        site.modes(types, "live")
        run.change(apply)
        run.found(run.ends)
        assert run.alerted() == 2 * everyone

        # A newer form in shadow beside each: from here on, and what was there before.
        site.modes(types, "shadow", newer=True)
        before = len(run.ends)
        run.change(apply)
        assert run.pipelines("~shadow") == [f"{name}~shadow" for name in types]
        run.found(run.ends)
        run.found(run.ends, "~shadow", but=[ALERTING])
        assert run.alerted() == 3 * everyone

        # Something else changes: the forms in shadow go on where they were.
        site.rule("more", "{action: never}")
        generations = set(site.storage.glob("**/slots/*/*"))
        run.change(apply)
        assert set(site.storage.glob("**/slots/*/*")) == generations
        run.found(run.ends)
        run.found(run.ends, "~shadow", but=[ALERTING])
        assert set(run.matches("~shadow")[ALERTING]) == set(run.ends[before:])

        # One is promoted, the others go live in their files: with the state of the live one.
        run.change(lambda: site.promote(first))
        assert run.pipelines("~shadow") == [f"{name}~shadow" for name in types[1:]]
        run.found(run.ends)
        site.modes(types, "live", newer=True, but=[first])
        run.change(apply)
        assert run.pipelines() == (sorted(["audit", *types]) if types else [])
        run.found(run.ends)
        assert run.alerted() == 6 * everyone
        if types:
            run.left_out()
