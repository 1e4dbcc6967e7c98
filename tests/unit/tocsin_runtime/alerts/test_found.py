"""What jobs elsewhere found becomes match records and alerts, as far as it counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tocsin.canonical import canonical_bytes
from tocsin.errors import ConfigError
from tocsin.model.artifact import Artifact
from tocsin.release.cutover import Cutover
from tocsin_runtime.alerts.alert import Origin
from tocsin_runtime.alerts.found import Alerter
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.stream.base import Record, Sink
from tocsin_runtime.stream.deployment import DeployedDetection, Described, ReleasedDetections
from tocsin_runtime.stream.loop import Batch
from worker_world import PAID, ROLE, build_world

BURST = "burst"
AT = "2026-01-01T00:00:01.500Z"
AT_MS = 1767225601500


@pytest.fixture
def deployment(tmp_path: Path) -> ReleasedDetections:
    """A detection on single events, one in shadow, and a correlation."""
    world = build_world(tmp_path / "shop")
    entries, bodies = world.released("broker", {ROLE: "live", PAID: "shadow"})
    rows = [
        DeployedDetection(
            Artifact(e.id, e.key, "flink-sql", "audit", e.logic, "json", bodies[e.artifact]),
            Described(e.id, e.title, shadow=e.mode == "shadow"),
        )
        for e in entries
    ]
    inputs = [{"source": s, "topic": f"shop.{s}"} for s in ("audit", "web")]
    body = canonical_bytes({"form": 1, "inputs": inputs})
    burst = Artifact(
        BURST, "burst", "flink-sql", "audit", "l2", "json", body, ("audit", "web"), ("actor",)
    )
    return ReleasedDetections(2, (*rows, DeployedDetection(burst, Described(BURST, "A burst"))))


def alerter(deployment: ReleasedDetections, *cuts: Cutover) -> Alerter:
    described = {each.described.id: each.described for each in deployment.detections}
    return Alerter(deployment, cuts, AlertWriter(Origin("shop", "e"), described, lambda: 7))


def logic(deployment: ReleasedDetections, detection: str) -> str:
    return next(
        d.artifact.logic for d in deployment.detections if d.artifact.detection == detection
    )


def row(detection: str, logic: str, **more: Any) -> dict[str, Any]:
    return {
        "detection_id": detection,
        "logic": logic,
        "source": "audit",
        "partition": 1,
        "offset": 5,
        "event_time": AT,
        "event_id": "a7",
        "event": '{"id": "a7"}',
        "group": None,
        **more,
    }


def taken(alerter: Alerter, *rows: Any) -> tuple[Batch, list[tuple[Sink, dict[str, Any]]]]:
    values = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in rows]
    batch = alerter([Record("tocsin.found.shop.e", 0, n, v) for n, v in enumerate(values)])
    return batch, [(o.sink, json.loads(o.value)) for o in batch.outputs]


def test_an_event_brings_its_identity_and_its_evidence(deployment: ReleasedDetections) -> None:
    event = {"id": "a7", "at": AT, "action": "role.grant"}
    found = row(ROLE, logic(deployment, ROLE), event=json.dumps(event))
    batch, ((_, match), (sink, alert)) = taken(alerter(deployment), found)
    assert (match["event_id"], match["time"]) == ("a7", AT_MS)
    assert (match["topic"], match["partition"], match["offset"]) == ("shop.audit", 1, 5)
    assert sink is Sink.ALERTS
    assert alert["data"]["evidences"] == [{"data": event}]
    assert batch.counters.matches == {ROLE: 1}
    assert batch.counters.timeless == {}


def test_a_match_without_time_is_counted_as_such(deployment: ReleasedDetections) -> None:
    event = {"id": "a7", "at": "soon", "action": "role.grant"}
    found = row(ROLE, logic(deployment, ROLE), event=json.dumps(event), event_time=None)
    batch, outputs = taken(alerter(deployment), found, found)
    assert [sink for sink, _ in outputs] == [Sink.MATCHES, Sink.ALERTS] * 2
    assert batch.counters.timeless == {ROLE: 2}


def test_a_muted_match_is_recorded_as_such_until_the_clock_says_otherwise(
    deployment: ReleasedDetections,
) -> None:
    described = {each.described.id: each.described for each in deployment.detections}
    now = [AT_MS - 1]
    mutes = {ROLE: AT, BURST: AT}
    writer = replace(
        AlertWriter.of("shop", "e", replace(deployment, mutes=mutes)), clock=lambda: now[0]
    )
    assert writer.described == described
    alerting = Alerter(deployment, (), writer)
    found = row(ROLE, logic(deployment, ROLE))
    batch, [(sink, match)] = taken(alerting, found)
    assert (sink, match["muted"]) == (Sink.MATCHES, True)
    assert (batch.counters.matches, batch.counters.muted) == ({ROLE: 1}, {ROLE: 1})
    now[0] = AT_MS
    batch, outputs = taken(alerting, found)
    assert [sink for sink, _ in outputs] == [Sink.MATCHES, Sink.ALERTS]
    assert "muted" not in outputs[0][1]
    assert batch.counters.muted == {}


def test_a_correlation_brings_the_events_of_its_window(deployment: ReleasedDetections) -> None:
    window = {
        "event_ids": ["a1", "a7", "a8"],
        "event_count": 3,
        "events": ['{"id": "a7", "n": 1}', '{"id": "a8"}'],
    }
    found = row(BURST, "l2", group=["ann"], source="web", event='{"id": "a7", "n": 1}', **window)
    _, ((_, match), (_, alert)) = taken(alerter(deployment), found)
    # That which completed it is last, though one of the same time has a later id.
    assert (match["event_id"], match["event_ids"]) == ("a7", ["a1", "a8", "a7"])
    assert match["event_count"] == 3
    assert match["group"] == {"actor": "ann"}
    shown = [each["data"] for each in alert["data"]["evidences"]]
    assert shown == [{"id": "a8"}, {"id": "a7", "n": 1}]
    assert alert["data"]["unmapped"]["tocsin"]["group_key"] == {"actor": "ann"}


def test_a_match_names_no_more_events_than_anywhere_else(deployment: ReleasedDetections) -> None:
    names = [f"b{n:03}" for n in range(100)]
    many = {"event_ids": names, "event_count": 250, "events": ["{}"] * 20}
    _, ((_, cut), _) = taken(alerter(deployment), row(BURST, "l2", group=["ann"], **many))
    assert cut["event_ids"] == [*names[1:], "a7"]
    many["event_ids"] = [*names[:50], "a7", *names[51:]]
    _, ((_, whole), _) = taken(alerter(deployment), row(BURST, "l2", group=["ann"], **many))
    assert whole["event_ids"] == [*names[:50], *names[51:], "a7"]
    assert (cut["event_count"], whole["event_count"]) == (250, 250)


def test_what_a_correlation_does_not_count_is_counted_and_late_events_are_published(
    deployment: ReleasedDetections,
) -> None:
    def left_out(why: str, name: str, **more: Any) -> dict[str, Any]:
        told = {"event_id": name, "event": None, "reason": why, "source": "web", **more}
        return row(BURST, "l2", **told)

    batch, made = taken(
        alerter(deployment, Cutover(BURST, "l1", "l2", 0)),
        left_out("late", "a1", event='{"id": "a1"}'),
        left_out("late", "a2", event='{"id": "a2"}'),
        left_out("late", "a0", event='"' * 262_145),
        left_out("without group key", "a3"),
        left_out("without time", "a4", event_time=None),
        {**left_out("late", "a5", event="{}"), "logic": "l1"},
    )
    assert batch.counters.left_out == {
        (BURST, "late"): 3,
        (BURST, "without group key"): 1,
        (BURST, "without time"): 1,
    }
    assert (batch.counters.matches, batch.counters.dead_letters) == ({}, 0)
    assert [sink for sink, _ in made] == [Sink.LATE] * 3
    assert [told["value"] for _, told in made] == ['{"id": "a1"}', '{"id": "a2"}', None]
    assert made[0][1] == {
        "detection": BURST,
        "event_id": "a1",
        "offset": 5,
        "partition": 1,
        "source": "web",
        "time": AT_MS,
        "topic": "shop.web",
        "value": '{"id": "a1"}',
    }


def test_the_alert_is_the_same_on_every_reading(deployment: ReleasedDetections) -> None:
    found = row(BURST, "l2", group=["ann"])
    first, again = (taken(alerter(deployment), found)[1] for _ in range(2))
    assert first == again


def test_what_is_in_shadow_raises_no_alert(deployment: ReleasedDetections) -> None:
    found = row(PAID, logic(deployment, PAID), event='{"id": "a1"}')
    assert [sink for sink, _ in taken(alerter(deployment), found)[1]] == [Sink.MATCHES]


def test_other_logic_and_other_detections_do_not_count(deployment: ReleasedDetections) -> None:
    batch, outputs = taken(alerter(deployment), row(BURST, "l1", group=["ann"]), row("gone", "l"))
    assert outputs == []
    assert (batch.counters.events, batch.counters.dead_letters) == (2, 0)


@pytest.mark.parametrize(
    ("logic", "at", "taken_in"),
    [
        ("l1", AT_MS, True),
        ("l1", AT_MS - 1, False),
        ("l1", None, True),
        ("l2", AT_MS, False),
        ("l2", AT_MS - 1, True),
        ("l2", None, True),
        ("l0", None, False),
    ],
)
def test_a_cut_says_whose_matches_count(
    deployment: ReleasedDetections, logic: str, at: int | None, *, taken_in: bool
) -> None:
    cut = Cutover(BURST, "l1", "l2", at)
    _, outputs = taken(alerter(deployment, cut), row(BURST, logic, group=["ann"]))
    assert bool(outputs) is taken_in


@pytest.mark.parametrize(
    ("logic", "sure", "taken_in"),
    [
        ("l2", False, True),
        ("l3", False, True),
        ("l2", True, False),
        ("l3", True, True),
    ],
)
def test_after_a_cut_that_is_sure_only_what_comes_counts(
    deployment: ReleasedDetections, logic: str, *, sure: bool, taken_in: bool
) -> None:
    """Released is still l2."""
    cut = Cutover(BURST, "l2", "l3", AT_MS - 1, sure)
    _, outputs = taken(alerter(deployment, cut), row(BURST, logic, group=["ann"]))
    assert bool(outputs) is taken_in


def test_a_version_that_comes_back_does_not_find_again_what_it_found(
    deployment: ReleasedDetections,
) -> None:
    """Each cut tells how many rows there were once the version before it was gone."""
    cuts = (
        Cutover(BURST, "l2", "l3", AT_MS, ends=(1,)),
        Cutover(BURST, "l3", "l2", AT_MS + 10, ends=(3,)),
    )
    written = [("l2", 500), ("l2", 500), ("l3", 505), ("l3", 505), ("l2", 511)]
    rows = [
        row(BURST, logic, group=["ann"], event_time=f"2026-01-01T00:00:01.{ms}Z", offset=number)
        for number, (logic, ms) in enumerate(written)
    ]
    _, outputs = taken(alerter(deployment, *cuts), *rows)
    assert [told["offset"] for sink, told in outputs if sink is Sink.MATCHES] == [0, 2, 4]
    assert cuts[0].ended((1, 0))  # a partition that came later


@pytest.mark.parametrize(
    "bad",
    [
        b"oops",
        {},
        row(BURST, "l2", group=["ann", "bob"]),
        row(BURST, "l2", group=["ann"], partition=None),
        row(BURST, "l2", group=7),
        {**row(BURST, "l2"), "logic": None, "detection_id": []},
    ],
)
def test_what_is_no_row_is_a_dead_letter(deployment: ReleasedDetections, bad: Any) -> None:
    good = row(BURST, "l2", group=["ann"])
    batch, outputs = taken(alerter(deployment), bad, good)
    assert [sink for sink, _ in outputs] == [Sink.DEAD, Sink.MATCHES, Sink.ALERTS]
    assert outputs[0][1]["reason"].startswith("not a found match")
    assert (batch.counters.events, batch.counters.dead_letters) == (1, 1)


def test_an_artifact_without_topics_is_told(deployment: ReleasedDetections) -> None:
    artifact = Artifact("d", "key", "flink-sql", "audit", "l", "json", b"{}", ("audit",))
    damaged = ReleasedDetections(1, (DeployedDetection(artifact, Described("d", "d")),))
    with pytest.raises(ConfigError, match=r"flink-sql/audit/key\.json cannot be read"):
        alerter(damaged)
    del deployment
