"""What a worker runs by the records of its control topic: releases, canaries, damage."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.release.entry import Entry
from tocsin.release.keys import RELEASE, artifact_key
from tocsin.release.record import Canary, ReleaseRecord
from tocsin.trust.keys import SigningKey
from tocsin.trust.record_seal import Destination, RecordGuard, RecordSigner
from tocsin.trust.trust_file import Trust, TrustedKey
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.control.topic import topic_name
from tocsin_runtime.stream.base import Record
from tocsin_runtime.worker.kafka import KafkaStream
from tocsin_runtime.worker.plans import Plans, canary_partitions
from tocsin_runtime.worker.service import Service
from unit.tocsin_runtime.at_hand import RecordsAtHand, writer_of
from worker_world import PAID, ROLE, World, build_world

TOPIC = topic_name("shop", "broker")
LONG_AGO = "2020-01-01T00:00:00+00:00"


class _Topics(KafkaStream):
    """Notes what it is to read; nothing comes."""

    def __init__(self) -> None:
        self.subscribed: list[Sequence[str]] = []

    def subscribe(self, topics: Sequence[str], starts: Mapping[str, int]) -> None:
        self.subscribed.append(topics)
        assert starts == {}

    def lags(self) -> dict[tuple[str, int], int]:
        return {}

    def poll(self) -> Sequence[Record] | None:
        return ()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return build_world(tmp_path / "shop")


def records_of(
    world: World,
    modes: Mapping[str, str] | None = None,
    release: int = 1,
    canary: Mapping[str, str] | None = None,
    share: float = 0.25,
) -> dict[str, bytes]:
    """The control topic of a release, with a canary of these detections beside it."""
    entries, bodies = world.released("broker", modes)
    coming: list[Entry] = []
    if canary is not None:
        coming, more = world.released("broker", canary)
        bodies |= more
    table = ReleaseRecord("broker", release, tuple(entries))
    if canary is not None:
        table = replace(table, canary=Canary(release + 1, tuple(coming), share))
    artifacts = {artifact_key(digest): body for digest, body in bodies.items()}
    return {**artifacts, RELEASE: table.encode()}


def plans(records: Mapping[str, bytes]) -> Plans:
    made = Plans(TOPIC, writer_of)
    made.take(records)
    return made


def audit(*partitions: int) -> list[Record]:
    return [Record("shop.audit", n, 0, b"{}") for n in partitions]


def canary_places(made: Plans, partitions: int) -> list[int]:
    """The partitions of a topic with so many that see the canary."""
    canary, _, _ = made.split(audit(*range(partitions)), lambda _: partitions)
    return [record.partition for _, group in canary for record in group]


def test_a_release_moves_topics_and_keeps_what_did_not_change(world: World) -> None:
    follower = RecordsAtHand(records_of(world, {ROLE: "live", PAID: "live"}))
    said: list[str] = []
    service = Service("w", follower, Plans(TOPIC, writer_of), said.append)
    service.start(stream := _Topics())
    assert service.topics == ("shop.audit",)
    lane = service.plans.release.lanes["shop.audit"]
    # The other topic comes: the lane of this one stays, with all that it has learned.
    follower.records = records_of(world, release=2)
    service.poll()
    service.poll()
    assert stream.subscribed == [("shop.audit", "shop.web")]
    assert service.plans.release.lanes["shop.audit"] is lane
    # Only one of its detections is left: a lane of its own.
    follower.records = records_of(world, {ROLE: "live"}, release=3)
    service.poll()
    service.poll()
    assert stream.subscribed[1:] == [("shop.audit",)]
    assert [each.detection for each in service.plans.release.lanes["shop.audit"].parts] == [ROLE]
    assert said == ["now at release 2", "now at release 3"]


@pytest.mark.parametrize(
    ("partitions", "share", "expected"),
    [(1, 1, 0), (2, 0.01, 1), (3, 0.25, 1), (4, 0.25, 1), (5, 0.25, 2), (8, 1, 8), (8, 0, 0)],
)
def test_the_share_of_a_trial(partitions: int, share: float, expected: int) -> None:
    assert canary_partitions(partitions, share) == expected


def test_each_record_goes_to_one_version(world: World) -> None:
    made = plans(records_of(world, canary={ROLE: "live"}, share=0.5))
    assert made.told()["trial"] == 2
    canary, released, _ = made.split(audit(0, 1, 2, 0), lambda _: 3)
    places = [[r.partition for _, group in work for r in group] for work in (canary, released)]
    assert places == [[0, 1, 0], [2]]
    assert canary_places(made, 1) == [0]  # its number of partitions was asked for once
    made.take(records_of(world, canary={ROLE: "live"}, share=0.4))
    assert canary_places(made, 1) == []


def test_a_trial_that_is_released_is_not_loaded_again(world: World) -> None:
    made = plans(records_of(world, canary={ROLE: "live"}))
    canary = made.canary
    made.take(records_of(world, {ROLE: "live"}, release=2))
    assert made.release is canary
    assert made.canary is None


def test_a_topic_of_the_trial_alone_is_read_when_it_is_released(world: World) -> None:
    made = plans(records_of(world, {ROLE: "live"}, canary=dict.fromkeys((ROLE, PAID), "live")))
    both = plans(records_of(world, {ROLE: "live"}, canary=None))
    assert made.topics == both.topics == ("shop.audit",)


def test_a_bad_trial_is_told_and_the_release_goes_on(world: World) -> None:
    good = records_of(world, {ROLE: "live"})
    made = plans(good)
    bad = records_of(world, {ROLE: "live"}, canary={PAID: "live"})
    table = ReleaseRecord.decode(bad[RELEASE])
    assert table.canary
    lost = artifact_key(table.canary.detections[0].artifact)
    made.take({key: value for key, value in bad.items() if key != lost})
    assert "of paid is missing in the control topic" in made.error
    assert (made.told()["release"], made.told()["trial"]) == (1, None)
    made.take(bad)  # it comes after all
    assert (made.error, made.told()["trial"]) == ("", 2)
    made.take(good)
    assert made.told()["trial"] is None


def _with(records: Mapping[str, bytes], **changes: Any) -> dict[str, bytes]:
    table = {**json.loads(records[RELEASE]), **changes}
    return {**records, RELEASE: json.dumps(table).encode()}


def _canary(records: Mapping[str, bytes], **changes: Any) -> dict[str, bytes]:
    return _with(records, trial={"release": 2, "detections": [], "share": 0.5, **changes})


def _bodies(records: Mapping[str, bytes], body: bytes) -> dict[str, bytes]:
    return {key: value if key == RELEASE else body for key, value in records.items()}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda _: {}, "nothing is deployed to broker"),
        (lambda r: {**r, RELEASE: b"{"}, "the release record cannot be read"),
        (lambda r: _with(r, form=9), "cannot be read: form"),
        (lambda r: _with(r, release=10**30), "cannot be read: release"),
        (lambda r: _with(r, release=-1), "cannot be read: release"),
        (lambda r: _with(r, starts={"shop.audit": 2**63}), "cannot be read: starts"),
        (lambda r: _canary(r, share=float("nan")), "cannot be read: trial.share"),
        (lambda r: _canary(r, share=1e308), "cannot be read: trial.share"),
        (lambda r: {**r, RELEASE: b"[" * 1_000_000}, "recursion limit"),
        (lambda r: {**r, RELEASE: b"9" * 1_000_000}, "cannot be read: all of it"),
        (lambda r: _with(r, **{f"k{n}": 1 for n in range(10_001)}), "over 10000 names"),
        (lambda r: _with(r, detections=[{}] * 100_000), "cannot be read: detections.0.id"),
        (lambda r: _with(r, detections=[{"id": 7}]), "cannot be read: detections.0"),
        (lambda r: _with(r, mutes={ROLE: "soon"}), "cannot be read: mutes"),
        (lambda r: _with(r, mutes={ROLE: "2026-01-01T00:00:00"}), "cannot be read: mutes"),
        (lambda r: _with(r, mutes={ROLE: 7}), "cannot be read: mutes"),
        (lambda r: _with(r, mutes=[ROLE]), "cannot be read: mutes"),
        (lambda r: _with(r, environment="prod"), "belongs to environment prod"),
        (lambda r: {RELEASE: r[RELEASE]}, "is missing in the control topic"),
        (lambda r: _bodies(r, b"{}"), "is not what was released"),
    ],
)
def test_what_cannot_be_loaded_leaves_the_release_in_place(
    world: World, damage: Any, message: str
) -> None:
    good = records_of(world, release=7)
    made = plans(good)
    made.take(damage(records_of(world, release=8)))
    assert message in made.error
    assert made.told()["release"] == 7
    made.check()
    made.take(good)
    assert made.error == ""
    # A worker that starts with it has nothing to go on with.
    with pytest.raises(ConfigError, match=r".*"):
        plans(damage(good)).check()


def test_a_part_of_a_form_that_is_not_known_is_told(world: World) -> None:
    entries, bodies = world.released("broker", {ROLE: "live"})
    body = bodies[entries[0].artifact].replace(b'"form":2', b'"form":3')
    entry = replace(entries[0], artifact=digest_bytes(body))
    made = plans(records_of(world))
    made.take(
        {
            RELEASE: ReleaseRecord("broker", 2, (entry,)).encode(),
            artifact_key(entry.artifact): body,
        }
    )
    assert "form 3 is not known here" in made.error
    assert made.told()["release"] == 1


def test_a_table_comes_back_as_it_was(world: World) -> None:
    entries, _ = world.released("broker")
    canary = Canary(3, tuple(entries[:1]), 0.5)
    table = ReleaseRecord("broker", 2, tuple(entries), canary)
    assert ReleaseRecord.decode(table.encode()) == table
    assert ReleaseRecord.decode(table.encode()).encode() == table.encode()


def test_names_that_are_no_topic_are_refused() -> None:
    assert topic_name("shop", "prod") == "tocsin.control.shop.prod"
    for project in ("a b", "ü", "x" * 250):
        with pytest.raises(ConfigError, match="cannot be a topic"):
            topic_name(project, "prod")


def test_a_release_and_its_canary_are_muted_by_one_record(world: World) -> None:
    records = records_of(world, {ROLE: "live"}, canary={ROLE: "live"})
    made = Plans(TOPIC, partial(AlertWriter.of, "shop", "broker"))
    made.take(records)
    lanes = made.release.lanes
    assert made.release.writer.muted() == frozenset()
    made.take(_with(records, mutes={ROLE: "2199-01-01T00:00:00+00:00", PAID: LONG_AGO}))
    assert made.canary
    assert made.release.writer.muted() == made.canary.writer.muted() == {ROLE}
    assert made.release.lanes["shop.audit"] is lanes["shop.audit"]  # nothing is loaded again


SIGNER = SigningKey.new()
TRUST = Trust(keys=(TrustedKey(public=SIGNER.public.line, roles=frozenset({"release"})),))
SHOP = Destination("shop", "broker")


def signed(records: Mapping[str, bytes], key: SigningKey = SIGNER) -> dict[str, bytes]:
    record = RecordSigner(key, SHOP).sign(records[RELEASE], b"")
    return {**records, RELEASE: record}


@pytest.fixture
def guarded(world: World) -> Plans:
    made = Plans(TOPIC, writer_of, guard=RecordGuard(TRUST, SHOP))
    made.take(signed(records_of(world, dict.fromkeys((ROLE, PAID), "live"), release=2)))
    assert (made.error, made.told()["release"]) == ("", 2)
    return made


def test_a_guarded_worker_keeps_what_it_runs(world: World, guarded: Plans) -> None:
    running = guarded.release
    fewer = records_of(world, {ROLE: "live"}, release=3)
    for records, why in (
        (fewer, "it has no signature"),
        (signed(fewer, SigningKey.new()), "is in no trust file given here"),
        (_bodies(signed(fewer), b"{}"), "is not what was released"),
    ):
        guarded.take(records)
        assert why in guarded.error
        assert guarded.release is running
    guarded.take(signed(fewer))
    assert (guarded.error, guarded.told()["release"]) == ("", 3)


def test_a_forged_mute_mutes_nothing(world: World, guarded: Plans) -> None:
    running = guarded.release
    good = signed(records_of(world, dict.fromkeys((ROLE, PAID), "live"), release=2))
    record, seal = good[RELEASE].split(b"\n", 1)
    mutes = {ROLE: "2199-01-01T00:00:00+00:00"}
    forged = _with({**good, RELEASE: record}, mutes=mutes)
    for records, why in (
        (forged, "it has no signature"),
        ({**forged, RELEASE: forged[RELEASE] + b"\n" + seal}, "is of another record"),
        (signed(forged, SigningKey.new()), "is in no trust file given here"),
    ):
        guarded.take(records)
        assert why in guarded.error
        assert guarded.release is running
    guarded.take(signed(forged))
    assert (guarded.error, guarded.release.deployment.mutes) == ("", mutes)


def test_a_guarded_worker_goes_back_only_as_it_is_told(world: World) -> None:
    made = Plans(TOPIC, writer_of, guard=RecordGuard(TRUST, SHOP))
    old = signed(records_of(world, {ROLE: "live"}, release=1))
    made.take(old)
    newer = records_of(world, dict.fromkeys((ROLE, PAID), "live"), release=2)
    newer[RELEASE] = RecordSigner(SIGNER, SHOP).sign(newer[RELEASE], old[RELEASE])
    made.take(newer)
    made.take({**newer, **old})
    assert "a newer one was there before" in made.error
    assert made.told()["release"] == 2
    again = RecordSigner(SIGNER, SHOP).sign(old[RELEASE].partition(b"\n")[0], newer[RELEASE])
    made.take({**newer, **old, RELEASE: again})
    assert (made.error, made.told()["release"]) == ("", 1)


def test_a_guarded_worker_does_not_start_on_what_nobody_signed(world: World) -> None:
    made = Plans(TOPIC, writer_of, guard=RecordGuard(TRUST, SHOP))
    made.take(records_of(world, {ROLE: "live"}))
    with pytest.raises(ConfigError, match="it has no signature"):
        made.check()


def test_one_without_a_guard_reads_signed_records(world: World) -> None:
    assert plans(signed(records_of(world, {ROLE: "live"}))).error == ""
