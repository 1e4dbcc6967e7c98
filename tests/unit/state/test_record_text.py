"""A record that is read in parts is read as a whole one, damaged or not."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from bench.site_ledger import ENVIRONMENT, PROJECT, Shape, write
from tocsin import gate
from tocsin.canonical import digest, digest_bytes
from tocsin.plan.steps import PLAN
from tocsin.plan.stored_plan import StoredPlan
from tocsin.site.history.approvals import plan_identity
from tocsin.state.git_ledger import GitLedger
from tocsin.state.record_text import BAD, RecordReader, ReleaseReader
from tocsin.state.release import Release, decode


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> GitLedger:
    folder = tmp_path_factory.mktemp("records")
    write(folder, Shape(detections=8, releases=6))
    return GitLedger(folder, ENVIRONMENT, project=PROJECT)


def records(ledger: GitLedger, name: str) -> list[bytes]:
    names = [f"{release.commit}:{name}" for release in reversed(ledger.releases())]
    return [stored.data for stored in ledger.repository.read(names) if stored]


def as_a_whole(data: bytes) -> tuple[object, object, bool]:
    record = gate.loads(data)
    seal = record.pop("seal", None)
    fits = seal == digest(record)
    return record, record.pop("entries"), fits


def test_parts_are_the_whole(ledger: GitLedger) -> None:
    reader = RecordReader()
    for data in records(ledger, "release.json"):
        found = reader.read(data)
        assert (found.rest, list(found.entries), found.sealed) == as_a_whole(data)
        assert found.sealed


def test_a_release_that_is_read_in_parts_is_the_same(ledger: GitLedger) -> None:
    reader = ReleaseReader()
    for data in records(ledger, "release.json")[::-1]:
        found = reader.read(data, "c")
        assert (found.release, found.sealed) == (decode(data, "c"), True)
        assert [*found.entries] == gate.loads(data)["entries"]


def test_damage_is_seen_as_in_the_whole(ledger: GitLedger) -> None:
    random, seen = Random(7), 0
    data = records(ledger, "release.json")[-1]
    for _ in range(300):
        at, byte = random.randrange(len(data)), random.choice(b'"{}[],: \n0aZ\x00\xff')
        damaged = data[:at] + bytes([byte]) + data[at + random.choice((0, 1, 2)) :]
        try:
            found = RecordReader().read(damaged)
        except BAD:
            continue
        seen += 1
        whole = gate.loads(damaged)
        same = digest({k: v for k, v in whole.items() if k != "seal"}) == whole.get("seal")
        assert found.sealed is same
    assert seen


def test_a_plan_is_known_by_its_text(ledger: GitLedger) -> None:
    releases = ledger.releases()[::-1]
    for release, data in zip(releases, records(ledger, "plan.json"), strict=True):
        plan = PLAN.validate_python(gate.loads(data))
        assert plan_identity(data, release) == plan.identity
        assert plan_identity(data + b" ", release) == ""
        stored, odd = StoredPlan(data), StoredPlan(data.replace(b":", b": ", 1))
        assert (stored.identity, stored.intended) == (plan.identity, plan.intended)
        assert (odd.identity, odd.intended) == (plan.identity, plan.intended)
        assert stored.asked == replace(plan, result=())
    spaced = data.replace(b',"source":{', b', "source":{')
    assert plan_identity(spaced, _of(releases[-1], spaced)) == plan.identity


def _of(release: Release, data: bytes) -> Release:
    return replace(release, plan=digest_bytes(data))
