"""Whoever can write to the control topic silences nothing, where workers check signatures."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.kafka_moves import Mover
from engines.kafka_shop import Shop, many, stopped
from engines.test_stream_apply import SETTINGS, Site, newer, site
from patience import SECONDS, until
from tocsin.release.keys import ARTIFACT, RELEASE
from tocsin.release.record import ReleaseRecord
from tocsin.trust.keys import SigningKey
from tocsin.trust.record_seal import Destination, RecordGuard, RecordSigner
from tocsin.trust.trust_file import parse_trust
from tocsin_runtime.control.writer import ControlWriter

pytestmark = pytest.mark.engine
__all__ = ["site"]  # a fixture

CI, MALLORY = SigningKey.new(), SigningKey.new()
TRUST = f'[[keys]]\npublic = "{CI.public.line}"\nroles = ["release"]\n'


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    file = tmp_path / "trust.toml"
    file.write_text(TRUST)
    return file


def signer(shop: Shop, key: SigningKey = CI) -> RecordSigner:
    name = shop.world.project.settings.project.name
    return RecordSigner(key, Destination(name, "broker"))


def error(shop: Shop) -> str:
    return str(shop.reports().get("w1", {}).get("error", ""))


def test_forged_records_leave_what_runs_in_place(shop: Shop, trust: Path) -> None:
    table = Mover(shop).table
    good = signer(shop).sign(table.encode(), b"")
    shop.writer.put({RELEASE: good})
    child = shop.worker("--name", "w1", "--trust", str(trust))
    until(lambda: "w1" in shop.reports())
    silent = ReleaseRecord("broker", 2, ()).encode()
    elsewhere = RecordSigner(CI, Destination("other", "broker")).sign(silent, b"")
    stolen = silent + b"\n" + good.partition(b"\n")[2]
    for record, why in (
        (silent, "it has no signature"),
        (signer(shop, MALLORY).sign(silent, b""), "is in no trust file given here"),
        (elsewhere, "it was signed for broker of other"),
        (stolen, "its signature is of another record"),
    ):
        shop.writer.put({RELEASE: record})
        until(lambda why=why: why in error(shop))  # type: ignore[misc] # of this round
    shop.feed(many(30))
    until(lambda: shop.progress() == 30)
    assert {finding.kind for finding in Mover(shop).findings()} == {"worker-failing"}
    newest = signer(shop).sign(ReleaseRecord("broker", 2, table.detections).encode(), good)
    shop.writer.put({RELEASE: newest})
    until(lambda: shop.reports()["w1"]["release"] == 2)
    shop.writer.put({RELEASE: good})
    until(lambda: "a newer one was there before" in error(shop))
    assert shop.reports()["w1"]["release"] == 2
    late = shop.worker("--name", "w2", "--trust", str(trust))
    _, said = late.communicate(timeout=SECONDS)
    assert (late.returncode, "a newer one was there before" in said) == (2, True)
    stopped(shop, child)
    assert shop.matches() == shop.expected(many(30))


def test_swapped_artifacts_and_a_deleted_record_leave_it_in_place(shop: Shop, trust: Path) -> None:
    records = Mover(shop).records()
    shop.writer.put({RELEASE: signer(shop).sign(records[RELEASE], b"")})
    child = shop.worker("--name", "w1", "--trust", str(trust))
    until(lambda: "w1" in shop.reports())
    artifacts = [key for key in records if key.startswith(ARTIFACT)]
    shop.writer.put(dict.fromkeys(artifacts, b"finds nothing"))
    shop.writer.put(dict.fromkeys((*artifacts, RELEASE)))
    until(lambda: "nothing is deployed" in error(shop))
    shop.feed(many(30))
    until(lambda: shop.progress() == 30)
    stopped(shop, child)
    assert shop.matches() == shop.expected(many(30))


def test_a_worker_does_not_start_on_what_nobody_signed(shop: Shop, trust: Path) -> None:
    child = shop.worker("--name", "w1", "--trust", str(trust))
    _, said = child.communicate(timeout=SECONDS)
    assert child.returncode == 2
    assert "the release record does not count: it has no signature" in said


@pytest.fixture
def signing(site: Site, trust: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The same, with a key for its releases; its workers check."""
    settings = SETTINGS.format(project=site.project) + 'signing_key = "env:RELEASE_KEY"\n'
    (site.root / "tocsin.toml").write_text(settings)
    monkeypatch.setenv("RELEASE_KEY", CI.text().decode())
    monkeypatch.setenv("TOCSIN_TRUST", str(trust))
    return site


@pytest.fixture
def guarded(signing: Site) -> Iterator[None]:
    """A worker that checks, beside a first release."""
    signing.run("apply", "--yes")
    command = ["-m", "tocsin.cli.main", "worker", "--env", "prod", "--name", "w1"]
    silent = subprocess.DEVNULL
    child = subprocess.Popen(
        [sys.executable, *command], cwd=signing.root, stdout=silent, stderr=silent
    )
    yield
    child.terminate()
    child.wait()


@pytest.mark.usefixtures("guarded")
def test_apply_signs_each_record_of_a_rollout(signing: Site) -> None:
    until(lambda: signing.findings() == [])
    newer(signing)
    signing.run("apply", "--yes")
    assert signing.findings() == []
    guard = RecordGuard(parse_trust(TRUST.encode(), "t"), Destination(signing.project, "prod"))
    guard.check(signing.records()[RELEASE])
    writer = ControlWriter(signing.servers, signing.project, "prod")
    writer.put({RELEASE: ReleaseRecord("prod", 2, ()).encode()})
    until(lambda: set(signing.findings()) == {"release-altered", "worker-failing"})
    signing.run("apply", "--yes")
    until(lambda: signing.findings() == [])
    assert signing.live() == signing.released()
    guard.check(signing.records()[RELEASE])
