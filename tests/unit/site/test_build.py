"""A whole site: the same bytes again, every change to it found, samples with strangers' text."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from small_history import FORMULA, ODD, small_history
from tocsin.app.verify_site import verify_site
from tocsin.errors import ConfigError
from tocsin.site.build import SiteExtras, write
from tocsin.site.exports.samples import SamplePlan
from tocsin.site.history.model import Period
from tocsin.state.ledger_event import (
    AnyEvent,
    Attempt,
    DriftFound,
    DriftMended,
    EmergencyDeclared,
    EmergencyReviewed,
    ForcedPromotion,
    Interrupted,
    MuteExpired,
    Verified,
)
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import SigningKey

KEY = SigningKey.new()
SAMPLE = SamplePlan(25, "2026-Q1")


def _sign(data: bytes, kind: str) -> bytes:
    return Envelope(kind, data).by(KEY).encode(detached=True)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write(small_history(), tmp_path / "site", SiteExtras(_sign, sample=SAMPLE))
    trust = f'[[keys]]\npublic = "{KEY.public.line}"\nroles = ["site"]\n'
    (tmp_path / "trust.toml").write_text(trust)
    return tmp_path / "site"


def _bytes(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_same_bytes_again_also_over_an_older_site(site: Path, tmp_path: Path) -> None:
    before = _bytes(site)
    write(small_history(), site)
    assert "samples.html" not in _bytes(site)
    write(small_history(), site, SiteExtras(_sign, sample=SAMPLE))
    assert _bytes(site) == before
    assert verify_site(site, tmp_path / "trust.toml", tmp_path).verdict == "proven"


def test_each_kind_of_event_has_words(tmp_path: Path) -> None:
    events = (
        Attempt(command="apply", outcome="failed", code="engine", message="no broker"),
        Interrupted(n=2, began_by="ada", plan="a" * 64),
        DriftFound(n=3, release=1, number=1, found=("x",)),
        DriftMended(n=4, release=2, number=1, mended=("x",)),
        ForcedPromotion(n=5, release=2, detection="plain", version=1),
        MuteExpired(n=6, release=3, detection="plain", until="2026-01-01T00:00:00+00:00"),
        EmergencyDeclared(n=7, release=2, reviewers=("ada",), reason="attack"),
        EmergencyReviewed(n=8, release=2, reviewer="bob", approval="{}"),
        Verified(n=9, head="a" * 40, releases=3, artifacts=3, events=8, number=0, findings=()),
    )
    [kinds, _] = get_args(AnyEvent)
    assert {type(event) for event in events} == set(get_args(kinds))
    write(replace(small_history(), events=events), tmp_path / "site")
    page = (tmp_path / "site/attempts.html").read_text()
    for words in ("let through alone by", "agreed with afterwards by", "is the first without it"):
        assert words in page


def test_a_changed_byte_in_any_kind_of_file_is_found(site: Path, tmp_path: Path) -> None:
    kinds = {(Path(path).parts[0], Path(path).suffix): path for path in sorted(_bytes(site))}
    assert len(kinds) >= 14
    for path in kinds.values():
        whole = (site / path).read_bytes()
        (site / path).write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])
        report = verify_site(site, tmp_path / "trust.toml", tmp_path)
        assert report.verdict == "damaged", path
        (site / path).write_bytes(whole)


def _linked_folder(site: Path, elsewhere: Path) -> None:
    (site / "releases").rename(elsewhere / "releases")
    (site / "releases").symlink_to(elsewhere / "releases")


def _linked_file(site: Path, elsewhere: Path) -> None:
    (site / "index.html").rename(elsewhere / "index.html")
    (site / "index.html").symlink_to(elsewhere / "index.html")


def _claimed(site: Path, elsewhere: Path) -> None:
    """Somebody's file, and a manifest that says that it is of the site."""
    del elsewhere
    told = json.loads((site / "manifest.json").read_bytes())
    told["files"]["mine.txt"] = "0" * 64
    (site / "manifest.json").write_text(json.dumps(told))
    (site / "mine.txt").write_text("mine")


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (_linked_folder, r"releases\S* was added|releases/1.html is missing"),
        (_linked_file, "index.html is not read: it is a link"),
        (_claimed, "mine.txt was changed"),
        (lambda site, _: (site / "mine.txt").write_text("mine"), "mine.txt was added"),
        (lambda site, _: (site / "manifest.json").unlink(), "something else than a site"),
        (lambda site, _: (site / "manifest.json").write_text("{"), "something else than a site"),
    ],
)
def test_nothing_but_a_site_is_replaced(
    site: Path, tmp_path: Path, do: Callable[[Path, Path], object], message: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    do(site, tmp_path / "elsewhere")
    before = _bytes(tmp_path)
    with pytest.raises(ConfigError, match=message):
        write(small_history(Period("2026-02-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00")), site)
    assert _bytes(tmp_path) == before


def test_samples_show_the_chain_and_strangers_text_as_text(site: Path) -> None:
    page = (site / "samples.html").read_text()
    for said in ("4 changes of 4 changes", "SOC-17 quieter", "fires on evaluator", "c" * 12):
        assert said in page
    assert f"<code>3:{ODD}</code>" in page
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert FORMULA.split("(")[0] in page


def test_without_weasyprint_nothing_is_replaced(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _bytes(site)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(ConfigError, match="a PDF needs WeasyPrint"):
        write(small_history(), site, SiteExtras(pdf=True))
    assert _bytes(site) == before
