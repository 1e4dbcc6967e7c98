"""Whose signature counts: keys, roles, environments, times."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.errors import ConfigError
from tocsin.trust.dsse import Envelope, Signature
from tocsin.trust.keys import SigningKey
from tocsin.trust.trust_file import KeyRole, Trust, UntrustedError, Use, parse_trust, read_trust

KEY, OTHER = SigningKey.new(), SigningKey.new()
FILE = f"""
[people]
Ada = ["ada@example.org", "ada-gh"]

[[keys]]
public = "{KEY.public.line} a comment"
person = "Ada"
roles = ["release", "approve"]
environments = ["prod"]
from = 2026-01-01T00:00:00Z
until = 2027-01-01T00:00:00Z
"""
TRUST = parse_trust(FILE.encode(), "trust.toml")
ENVELOPE = Envelope("release", b"x").by(KEY)


def use(role: KeyRole = "release", environment: str = "prod", year: int = 2026) -> Use:
    return Use(role, environment, datetime(year, 6, 1, tzinfo=UTC))


def test_a_key_that_counts() -> None:
    assert TRUST.signer(ENVELOPE, "release", use()).name == f"Ada ({KEY.public.id})"
    both = Envelope("release", b"x").by(OTHER).by(KEY)
    assert TRUST.signer(both, "release", use()).person == "Ada"


@pytest.mark.parametrize(
    ("envelope", "wanted", "why"),
    [
        (ENVELOPE, use(year=2025), "counts from 2026-01-01 on"),
        (ENVELOPE, use(year=2027), "counted until 2027-01-01"),
        (ENVELOPE, use(environment="staging"), "is for prod, not for staging"),
        (ENVELOPE, use(role="checkpoint"), "has the roles approve, release, not checkpoint"),
        (Envelope("release", b"x"), use(), "it has no signature"),
        (Envelope("release", b"x").by(OTHER), use(), "is in no trust file given here"),
        (
            Envelope("approval", b"x").by(KEY),
            use(),
            "it is a signature of approval, not of release",
        ),
        (Envelope("release", b"y", ENVELOPE.signatures), use(), r"the signature of Ada .* not fit"),
        (
            Envelope("release", b"x", (Signature(KEY.public.id, OTHER.sign(ENVELOPE.signed)),)),
            use(),
            "does not fit",
        ),
        (Envelope("release", b"x", (Signature(KEY.public.id, b""),)), use(), "does not fit"),
    ],
)
def test_one_that_does_not(envelope: Envelope, wanted: Use, why: str) -> None:
    with pytest.raises(UntrustedError, match=why):
        TRUST.signer(envelope, "release", wanted)


def test_names_of_people() -> None:
    names = ["ADA@example.org", "ada-gh", "Ada", "Bob@example.org "]
    assert TRUST.people_of(names) == {"Ada", "bob@example.org"}


def test_nobody_is_trusted_by_an_empty_file() -> None:
    with pytest.raises(UntrustedError, match="in no trust file"):
        Trust().signer(ENVELOPE, "release", use())


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("ssh-ed25519 ", "ssh-rsa ", "keys.0.public"),
        ('"release", "approve"', '"rule"', "keys.0.roles"),
        ('"release", "approve"', "", "keys.0.roles"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "keys.0.from"),
        ("person", "persn", "keys.0.persn"),
        ("[[keys]]", "[[keys]", "not valid TOML"),
    ],
)
def test_a_file_with_a_mistake(old: str, new: str, why: str) -> None:
    with pytest.raises(ConfigError, match=rf"trust.toml.*{why}"):
        parse_trust(FILE.replace(old, new).encode(), "trust.toml")


def test_files(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(FILE)
    assert read_trust(tmp_path / "t") == TRUST
    (tmp_path / "link").symlink_to(tmp_path / "t")
    with pytest.raises(ConfigError, match="it is a link"):
        read_trust(tmp_path / "link")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        parse_trust(b"\xff", "x")
