"""`verify --trust` finds every known way to tamper; without keys it calls nothing proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploying import World
from forging import CI, STATES, TRUST, by, copied, looked_at, point, signed_ledger
from tamperings import EVENT, TAMPERINGS, Tampering
from tocsin.state import checkpoint
from tocsin.state.verify import verify
from tocsin.trust.trust_file import Trust


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signed")
    signed_ledger(folder)
    return folder


@pytest.fixture
def world(template: Path, tmp_path: Path) -> World:
    return copied(template, tmp_path)


def test_what_nobody_tampered_with(world: World) -> None:
    report = looked_at(world)
    assert (report.verdict, report.findings) == ("proven", ())
    assert {proof.by for proof in report.proofs} == {f"ci ({CI.public.id})"}


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda each: each.what)
def test_tampering_is_found(world: World, tampering: Tampering) -> None:
    tampering.do(world)
    report = looked_at(world, tampering.trust)
    assert tampering.found in "\n".join(each.message for each in report.findings)
    assert report.verdict == "damaged"


def test_nothing_is_proven_without_keys(world: World) -> None:
    report = verify(world.ledger)
    assert (report.verdict, report.findings) == ("unproven", ())
    assert {proof.why for proof in report.proofs} == {"no trust file was given"}


def test_nothing_is_proven_by_a_trust_file_without_keys(world: World) -> None:
    assert verify(world.ledger, Trust()).verdict == "damaged"


def test_releases_before_the_first_signature_are_unproven(tmp_path: Path) -> None:
    world = World(tmp_path / "repo")
    world.release(STATES[0])
    unsigned = verify(world.ledger, TRUST)
    assert [each.message for each in unsigned.findings] == ["the last release has no signature"]
    signed = World(tmp_path / "repo", sign=by(CI))
    signed.release(STATES[1])
    report = verify(signed.ledger, TRUST)
    assert (report.verdict, report.findings) == ("unproven", ())
    assert [(proof.release, proof.proven) for proof in report.proofs] == [(2, True), (1, False)]


def test_a_checkpoint_goes_on(world: World) -> None:
    signed = World(world.root, sign=by(CI))
    signed.release(STATES[0])
    assert looked_at(signed).verdict == "proven"
    point(signed, world.root.parent, CI)
    saved = checkpoint.read(world.root.parent / "checkpoint")
    assert saved
    assert saved.checkpoint.commits == 4


def test_events_are_signed_like_releases(world: World) -> None:
    signed = World(world.root, sign=by(CI))
    signed.ledger.record(EVENT)
    signed.ledger.record(EVENT, EVENT)
    signed.release(STATES[0])
    signed.ledger.record(EVENT)
    report = verify(signed.ledger, TRUST)
    assert (report.verdict, report.events, report.findings) == ("proven", 4, ())


def test_events_before_the_first_signature_need_none(tmp_path: Path) -> None:
    world = World(tmp_path / "repo")
    world.ledger.record(EVENT)
    world.release(STATES[0])
    world.ledger.record(EVENT)
    signed = World(tmp_path / "repo", sign=by(CI))
    signed.release(STATES[1])
    assert verify(signed.ledger, TRUST).findings == ()
