"""Ed25519 keys, in the forms of OpenSSH and OpenSSL."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import NoReturn

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: TID251 - here
from cryptography.hazmat.primitives import serialization  # noqa: TID251 - here
from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: TID251 - here
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from tocsin.errors import ConfigError
from tocsin.secrets import Secret

_OPENSSH = b"-----BEGIN OPENSSH"
_HINT = "make one with `tocsin key new FILE`, or with `ssh-keygen -t ed25519`, without a passphrase"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures, as OpenSSH writes it: `ssh-ed25519 AAAA…`."""

    line: str

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """The key in a line of a `.pub` file. Raises ValueError if it is none of ours."""
        try:
            found = serialization.load_ssh_public_key(text.strip().encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ValueError("not a public key like `ssh-ed25519 AAAA…`") from error
        if not isinstance(found, Ed25519PublicKey):
            raise ValueError("not an Ed25519 key")  # noqa: TRY004 - of a text
        return cls(_line(found))

    @property
    def id(self) -> str:
        """Its fingerprint, as `ssh-keygen -l` shows it."""
        blob = base64.b64decode(self.line.split(" ")[1])
        return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether its private half signed just these bytes."""
        key = serialization.load_ssh_public_key(self.line.encode())
        if not isinstance(key, Ed25519PublicKey):
            return False
        try:
            key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """A key that signs. As text it is the name of its public half."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(_line(key.public_key()))

    @classmethod
    def new(cls) -> SigningKey:
        """A key that nobody has yet."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, given: Secret) -> SigningKey:
        """The key in a file of OpenSSH or OpenSSL. Raises ConfigError that shows nothing of it."""
        data = given.reveal().encode()
        opened = data.startswith(_OPENSSH)
        load = serialization.load_ssh_private_key if opened else serialization.load_pem_private_key
        try:
            found = load(data, None)
        except TypeError:
            raise ConfigError(f"the key {given} has a passphrase", hint=_HINT) from None
        except (ValueError, UnsupportedAlgorithm):
            _refuse(given)
        if not isinstance(found, Ed25519PrivateKey):
            _refuse(given)
        return cls(found)

    def __repr__(self) -> str:
        return f"SigningKey({self.public.id})"

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes."""
        return self._key.sign(data)

    def text(self) -> bytes:
        """The bytes of a file that `ssh-keygen` reads, too."""
        form = serialization.PrivateFormat.OpenSSH
        return self._key.private_bytes(
            serialization.Encoding.PEM, form, serialization.NoEncryption()
        )


def _refuse(given: Secret) -> NoReturn:
    raise ConfigError(f"{given} holds no private Ed25519 key", hint=_HINT) from None


def _line(key: Ed25519PublicKey) -> str:
    form = serialization.PublicFormat.OpenSSH
    return key.public_bytes(serialization.Encoding.OpenSSH, form).decode()
