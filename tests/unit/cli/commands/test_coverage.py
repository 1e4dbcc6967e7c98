"""`tocsin coverage`: a site from a ledger, of a date or a period."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bench import site_ledger
from conftest import Tocsin

PROD = ("--env", "prod")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a ledger of twelve releases."""
    folder = tmp_path_factory.mktemp("ledger")
    site_ledger.write(folder)
    return folder


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_the_same_ledger_gives_the_same_bytes(root: Path, tmp_path: Path, tocsin: Tocsin) -> None:
    told = tocsin("coverage", *PROD, "--out", tmp_path / "a", "--trust", "trust.toml", cwd=root)
    assert told.code == 0, told.stderr
    assert "prod, release 12 · ATT&CK v19" in told.stdout
    assert "record: proven by" in told.stdout
    rules = root / "rules"
    for file in rules.rglob("*.yml"):
        file.write_text("title: of today\n")
    again = tocsin("coverage", *PROD, "--out", tmp_path / "b", "--trust", "trust.toml", cwd=root)
    assert again.code == 0, again.stderr
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


def test_a_date_shows_what_was_there(root: Path, tmp_path: Path, tocsin: Tocsin) -> None:
    at = ("--at", "2026-01-05", "--format", "json")
    told = json.loads(tocsin("coverage", *PROD, "--out", tmp_path / "site", *at, cwd=root).stdout)
    assert (told["release"], told["end"]) == (4, "2026-01-05T23:59:59+00:00")
    assert not (tmp_path / "site" / "releases" / "5.html").exists()
    assert b"release 5" not in b"".join(bytes_of(tmp_path / "site").values())


def test_an_older_site_is_replaced_and_nothing_else(
    root: Path, tmp_path: Path, tocsin: Tocsin
) -> None:
    out = tmp_path / "site"
    assert tocsin("coverage", *PROD, "--out", out, cwd=root).code == 0
    assert (out / "releases" / "12.html").exists()
    assert tocsin("coverage", *PROD, "--out", out, "--at", "2026-01-05", cwd=root).code == 0
    assert not (out / "releases" / "12.html").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    refused = tocsin("coverage", *PROD, "--out", other, cwd=root)
    assert (refused.code, "something else than a site" in refused.stderr) == (2, True)
    assert [file.name for file in other.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("--at 2025-01-01", "release"),
        ("--at nonsense", "not a date: nonsense"),
        ("--at 2026-01-05 --from 2026-01-01", "--at"),
        ("--from 2026-02-01 --to 2026-01-01", "ends before it begins"),
    ],
)
def test_times_that_make_no_sense(
    root: Path, tmp_path: Path, tocsin: Tocsin, given: str, said: str
) -> None:
    refused = tocsin("coverage", *PROD, "--out", tmp_path / "site", *given.split(), cwd=root)
    assert (refused.code, said in refused.stderr) == (2, True), refused.stderr
    assert not (tmp_path / "site").exists()


def test_a_site_needs_an_environment(root: Path, tmp_path: Path, tocsin: Tocsin) -> None:
    refused = tocsin("coverage", "--out", tmp_path / "site", cwd=root)
    assert (refused.code, "--env" in refused.stderr) == (2, True)


def test_a_signed_site_is_verified(root: Path, tmp_path: Path, tocsin: Tocsin) -> None:
    made = tocsin("key", "new", tmp_path / "key", "--role", "release", *PROD, cwd=root)
    out, key = tmp_path / "site", ("--key", tmp_path / "key")
    assert tocsin("coverage", *PROD, "--out", out, *key, cwd=root).code == 0
    trust = tmp_path / "trust.toml"
    trust.write_text((root / "trust.toml").read_text() + made.stdout)
    proven = tocsin("verify", out, "--trust", trust, cwd=root)
    assert proven.code == 0, proven.stdout
    assert "proven: signed by" in proven.stdout
    (out / "index.html").write_bytes((out / "index.html").read_bytes() + b" ")
    assert tocsin("verify", out, "--trust", trust, cwd=root).code == 1


def test_noise_is_handed_in(root: Path, tmp_path: Path, tocsin: Tocsin) -> None:
    plain, out = tmp_path / "plain", tmp_path / "site"
    assert tocsin("coverage", *PROD, "--out", plain, cwd=root).code == 0
    page = next((plain / "detections").glob("*-*.html"))
    found = re.search(r"<dt>Id</dt><dd><code>([^<]+)", page.read_text())
    assert found
    one = {"detection": found[1], "title": "x", "alerts": 28, "findings": 14}
    one |= {"alerts_a_day": 2.0, "findings_a_day": 1.0, "false_share": 0.5, "undecided_share": 0.1}
    told = {"environment": "prod", "at": "2026-01-09T00:00:00+00:00", "days": 14}
    file = tmp_path / "noise.json"
    file.write_text(json.dumps({**told, "detections": [one]}))
    words = ("coverage", *PROD, "--out", out, "--noise", file)
    assert tocsin(*words, cwd=root).code == 0
    assert (out / "data/noise.json").read_bytes() == file.read_bytes()
    assert "data/noise.json" in json.loads((out / "manifest.json").read_text())["files"]
    said = "2.0 alerts a day over 14 days, 50% false positives, until 2026-01-09"
    assert said in (out / "detections" / page.name).read_text()
    assert b"Noise" not in page.read_bytes()
    assert tocsin("verify", out, cwd=root).code == 0
    file.write_text(json.dumps({**told, "environment": "other"}))
    assert "it is about other, not prod" in tocsin(*words, cwd=root).stderr
