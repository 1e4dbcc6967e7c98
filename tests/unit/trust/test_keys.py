"""Keys are those of OpenSSH and OpenSSL; what is none is refused, and shown nowhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tocsin.errors import ConfigError
from tocsin.secrets import Secret
from tocsin.trust.keys import PublicKey, SigningKey


def made_by(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def read(file: Path) -> SigningKey:
    return SigningKey.read(Secret(file.read_text(), "env:KEY"))


def test_a_key_of_ssh_keygen(tmp_path: Path) -> None:
    file = tmp_path / "key"
    made_by("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", str(file))
    key = read(file)
    public = PublicKey.parse(file.with_suffix(".pub").read_text())
    assert key.public == public
    shown = subprocess.run(["ssh-keygen", "-l", "-f", file], check=True, capture_output=True)
    assert public.id in shown.stdout.decode()
    assert public.verifies(key.sign(b"x"), b"x")
    assert not public.verifies(key.sign(b"x"), b"y")
    assert not SigningKey.new().public.verifies(key.sign(b"x"), b"x")


def test_a_key_of_openssl(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    made_by("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(file))
    key = read(file)
    assert key.public.verifies(key.sign(b"x"), b"x")


def test_ours_is_one_of_ssh_keygen(tmp_path: Path) -> None:
    key, file = SigningKey.new(), tmp_path / "key"
    file.write_bytes(key.text())
    file.chmod(0o600)
    shown = subprocess.run(["ssh-keygen", "-y", "-f", file], check=True, capture_output=True)
    assert shown.stdout.decode().strip() == key.public.line
    assert read(file).public == key.public
    assert repr(key) == f"SigningKey({key.public.id})"


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_another_kind_of_key(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "key"
    made_by("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(file))
    with pytest.raises(ConfigError, match="env:KEY holds no private Ed25519 key"):
        read(file)
    with pytest.raises(ValueError, match="not an Ed25519 key"):
        PublicKey.parse(file.with_suffix(".pub").read_text())


def test_a_key_with_a_passphrase(tmp_path: Path) -> None:
    file = tmp_path / "key"
    made_by("ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(file))
    with pytest.raises(ConfigError, match="env:KEY has a passphrase"):
        read(file)


@pytest.mark.parametrize(
    "text", ["x", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA", "ssh-ed25519 A"]
)
def test_no_key(text: str) -> None:
    with pytest.raises(ConfigError, match="env:KEY holds no private Ed25519 key") as caught:
        SigningKey.read(Secret(text, "env:KEY"))
    assert "AAAA" not in caught.value.message
    with pytest.raises(ValueError, match="not a public key"):
        PublicKey.parse(text)
