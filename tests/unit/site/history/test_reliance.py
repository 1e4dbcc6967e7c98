"""Nothing is told of a damaged ledger as if it were whole, and nothing later than was asked."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bench.site_ledger import ENVIRONMENT, PROJECT, Shape, write
from deploying import World
from forging import TRUST, copied, looked_at, signed_ledger
from tamperings import TAMPERINGS, Tampering
from tocsin.errors import ConfigError, LedgerError
from tocsin.front import attack
from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.model import History
from tocsin.site.history.read import read_history
from tocsin.state.git_ledger import GitLedger
from tocsin.trust.trust_file import Trust, read_trust


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signed")
    signed_ledger(folder)
    return folder


@pytest.fixture
def world(template: Path, tmp_path: Path) -> World:
    return copied(template, tmp_path)


def test_what_nobody_tampered_with(world: World) -> None:
    found = read_history(world.ledger, AskedPeriod(), TRUST, looked_at(world).findings)
    assert found.evidence.standing.verdict == "valid"
    assert found.evidence.findings == ()
    assert len(found.releases) == 3


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda each: each.what)
def test_what_was_tampered_with_is_refused_or_told_as_such(
    world: World, tampering: Tampering
) -> None:
    tampering.do(world)
    found = told_or_refused(world, tampering.trust)
    assert found is None or (found.releases and found.evidence.standing.verdict == "invalid")


def told_or_refused(world: World, trust: Trust) -> History | None:
    findings = looked_at(world, trust).findings
    with suppress(LedgerError, ConfigError):
        return read_history(world.ledger, AskedPeriod(), trust, findings)
    return None


def history(folder: Path, at: str) -> History:
    ledger = GitLedger(folder, ENVIRONMENT, project=PROJECT)
    return read_history(ledger, AskedPeriod(at=at), read_trust(folder / "trust.toml"))


def test_a_date_tells_nothing_of_what_came_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later releases, the files of today, and another ATT&CK change nothing of it."""
    shape, at = Shape(releases=6), "2026-01-07T17:00:00"
    write(tmp_path / "then", shape)
    then = history(tmp_path / "then", at)
    assert then.attack.attack is not None
    assert then.attack.attack.version == "19"
    write(tmp_path / "now", replace(shape, releases=14))
    for folder in ("rules", "sources"):
        shutil.rmtree(tmp_path / "now" / folder)
    (tmp_path / "now" / "tocsin.toml").write_text("[project]\nname = 'other'\n", "utf-8")
    (tmp_path / "now" / "tocsin.lock").write_text("of today", "utf-8")
    newer = attack.attack_data().replace(b'"version": "19"', b'"version": "20"')
    monkeypatch.setattr("tocsin.site.history.techniques.attack_data", lambda: newer)
    assert history(tmp_path / "now", at) == then
