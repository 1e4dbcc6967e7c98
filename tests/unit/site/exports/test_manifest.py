"""Whatever is done to the files of a site is found; who made it is proven, or said not to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from small_history import PERIOD, small_history
from tocsin.app.verify_site import SiteReport, verify_site
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.site.exports.manifest import ENVELOPE, FILE, KIND, manifest, parse
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import SigningKey

KINDS = (
    *("index.html", "assets/site.css", "assets/site.js", "data/history.json", "data/changes.csv"),
    *("data/navigator.json", "data/oscal-component-definition.json", "report.pdf"),
    *("releases/1.html", "assets/logo.svg", "data/search.bin"),
)
CI, MALLORY = SigningKey.new(), SigningKey.new()


def _made(folder: Path, key: SigningKey | None = CI) -> Path:
    files = {path: f"bytes of {path}".encode() for path in KINDS}
    data = manifest(small_history(), {path: digest_bytes(body) for path, body in files.items()})
    files[FILE] = data
    if key:
        files[ENVELOPE] = Envelope(KIND, data).by(key).encode(detached=True)
    for path, body in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body)
    return folder


def _trust(tmp_path: Path, more: str = "", role: str = "site") -> Path:
    path = tmp_path / "trust.toml"
    path.write_text(f'[[keys]]\npublic = "{CI.public.line}"\nroles = ["{role}"]\n{more}')
    return path


def _check(tmp_path: Path, do: Callable[[Path], object] | None = None) -> SiteReport:
    site = _made(tmp_path / "site")
    if do:
        do(site)
    return verify_site(site, _trust(tmp_path), tmp_path)


def test_untouched(tmp_path: Path) -> None:
    report = _check(tmp_path)
    assert (report.verdict, report.findings, report.files) == ("proven", (), len(KINDS))
    assert report.by == CI.public.id
    assert "not compared: no tocsin.toml" in report.ledger


@pytest.mark.parametrize("path", [*KINDS, FILE, ENVELOPE])
def test_one_byte_changed_is_found(tmp_path: Path, path: str) -> None:
    def change(site: Path) -> None:
        data = bytearray((site / path).read_bytes())
        data[len(data) // 2] ^= 1
        (site / path).write_bytes(data)

    report = _check(tmp_path, change)
    assert report.verdict == "damaged"
    assert any(path in found or FILE in found for found in report.findings)


def _remade(site: Path, **changed: str) -> None:
    """A manifest that fits what is there, by somebody without the key."""
    told = json.loads((site / FILE).read_bytes())
    (site / "index.html").write_bytes(b"other")
    told["files"]["index.html"] = digest_bytes(b"other")
    (site / FILE).write_text(json.dumps(told | changed))


def _signed_by_another(site: Path) -> None:
    _remade(site)
    data = (site / FILE).read_bytes()
    (site / ENVELOPE).write_bytes(Envelope(KIND, data).by(MALLORY).encode(detached=True))


def _signed_as_another_kind(site: Path) -> None:
    envelope = Envelope("application/vnd.tocsin.release+json", (site / FILE).read_bytes())
    (site / ENVELOPE).write_bytes(envelope.by(CI).encode(detached=True))


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (lambda s: (s / "index.html").unlink(), "index.html is missing"),
        (lambda s: (s / "more.html").write_text("x"), "more.html was added"),
        (lambda s: (s / "a").symlink_to(s / "assets"), "a was added"),
        (
            lambda s: ((s / "index.html").unlink(), (s / "index.html").symlink_to("/etc/hosts")),
            "link",
        ),
        (_remade, "does not fit"),
        (_signed_by_another, "is in no trust file given here"),
        (_signed_as_another_kind, "it is a signature of"),
        (lambda s: (s / ENVELOPE).unlink(), "it has no signature"),
        (lambda s: (s / ENVELOPE).write_text("{"), "its signature cannot be read"),
        (lambda s: (s / FILE).write_text("{}"), "is not the manifest of a site"),
        (
            lambda s: (s / FILE).write_text('{"files": {"../x": "0"}}'),
            "is not the manifest of a site",
        ),
    ],
)
def test_found(tmp_path: Path, do: Callable[[Path], object], message: str) -> None:
    report = _check(tmp_path, do)
    assert report.verdict == "damaged"
    assert message in " ".join(report.findings)


def test_without_keys_it_is_unproven(tmp_path: Path) -> None:
    site = _made(tmp_path / "site", None)
    report = verify_site(site, None, tmp_path)
    assert (report.verdict, report.why) == ("unproven", "no trust file was given")
    _remade(site)
    assert verify_site(site, None, tmp_path).verdict == "unproven"


@pytest.mark.parametrize(
    ("more", "role", "verdict"),
    [
        ("", "release", "proven"),
        ("", "approve", "damaged"),
        ('environments = ["staging"]', "site", "damaged"),
        ("from = 2026-06-01T00:00:00Z", "site", "proven"),
        ("until = 2026-03-01T00:00:00Z", "site", "damaged"),
        ("until = 2026-05-01T00:00:00Z", "site", "proven"),
    ],
)
def test_when_a_key_counts(tmp_path: Path, more: str, role: str, verdict: str) -> None:
    site = _made(tmp_path / "site")
    assert verify_site(site, _trust(tmp_path, more, role), tmp_path).verdict == verdict


def test_a_key_that_does_not_count_yet(tmp_path: Path) -> None:
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds")
    site = _made(tmp_path / "site")
    assert verify_site(site, _trust(tmp_path, f"from = {later}"), tmp_path).verdict == "damaged"


def test_a_folder_without_a_manifest_is_no_site(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no site"):
        verify_site(tmp_path, None)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", "a\\b", FILE, ENVELOPE])
def test_a_manifest_names_files_of_the_site_only(path: str) -> None:
    told = json.loads(manifest(small_history(), {}))
    assert parse(json.dumps(told).encode()).end == PERIOD.end
    with pytest.raises(ValueError, match="files"):
        parse(json.dumps(told | {"files": {path: "0" * 64}}).encode())
