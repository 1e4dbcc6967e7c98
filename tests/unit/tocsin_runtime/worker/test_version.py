"""A version of what a worker runs: which detections it takes, what it keeps of versions before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tocsin.errors import ConfigError
from tocsin.ir.nodes import Leaf, Text
from tocsin.model.artifact import Artifact
from tocsin.pack import Part
from tocsin_runtime.stream.base import Output, Record, Sink
from tocsin_runtime.stream.deployment import DeployedDetection, Described, ReleasedDetections
from tocsin_runtime.stream.loop import Batch, Counters
from tocsin_runtime.worker import version as module
from tocsin_runtime.worker.version import Version, joined
from unit.tocsin_runtime.at_hand import writer_of
from unit.tocsin_runtime.worker.test_process import BOT, PAY, part

LOOK = replace(part("look", Leaf("action", Text(("look",)))), topic="web")


def deployed(*parts: Part, backend: str = "kafka-filter") -> tuple[DeployedDetection, ...]:
    return tuple(
        DeployedDetection(
            Artifact(
                detection=each.detection,
                key=each.detection,
                backend=backend,
                source=each.source,
                logic=each.logic,
                suffix="json",
                body=each.encode(),
            ),
            Described(each.detection, each.detection),
        )
        for each in parts
    )


def version(
    detections: tuple[DeployedDetection, ...], before: Sequence[Version] = (), release: int = 1
) -> Version:
    return Version.of(ReleasedDetections(release, detections), writer_of, before)


def test_detections_are_filters_of_their_topics() -> None:
    made = version(deployed(BOT, LOOK, PAY))
    assert made.topics == ("audit", "web")
    assert made.lanes["audit"].parts == (BOT, PAY)
    assert made.lanes["web"].parts == (LOOK,)
    assert not made.elsewhere


def test_what_jobs_run_is_elsewhere() -> None:
    made = version((*deployed(BOT), *deployed(LOOK, backend="flink-sql")))
    assert made.topics == ("audit",)
    assert made.elsewhere


def test_lanes_are_kept_where_nothing_changed() -> None:
    first = version(deployed(BOT, PAY, LOOK))
    second = version(deployed(PAY, LOOK), [first], release=2)
    assert second.lanes["web"] is first.lanes["web"]
    assert second.lanes["audit"] is not first.lanes["audit"]
    third = version(deployed(BOT, PAY, LOOK), [second, first], release=3)
    assert third.lanes["audit"] is first.lanes["audit"]


def test_each_record_goes_to_the_filters_of_its_topic() -> None:
    made = version(deployed(PAY, LOOK))
    both = b'{"action": ["pay", "look"], "id": "e"}'
    batch = made([Record(topic, 0, 5, both) for topic in ("web", "audit", "other")])
    matches = [out for out in batch.outputs if out.sink is Sink.MATCHES]
    assert [(json.loads(m.value)["topic"], m.subject) for m in matches] == [
        ("web", "look"),
        ("audit", "pay"),
    ]
    assert batch.counters.events == 3


def test_what_cannot_be_loaded_is_told_with_its_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(module, "FilterLane", broken)
    told = "the detections of topic web cannot be loaded: RuntimeError out of memory"
    with pytest.raises(ConfigError, match=told):
        version(deployed(LOOK))


def test_several_batches_are_one() -> None:
    outputs = [Output(Sink.ALERTS, key, b"") for key in "abc"]
    counts = Counters(2, 1, Counter(d=1)), Counters(3, 0, Counter(d=2, e=1))
    made = joined([Batch(iter(outputs[:2]), counts[0]), Batch(outputs[2:], counts[1])])
    assert list(made.outputs) == outputs
    assert made.counters == Counters(5, 1, Counter(d=3, e=1))
    assert counts[0] == Counters(2, 1, Counter(d=1))
    assert joined([]).counters == Counters()
