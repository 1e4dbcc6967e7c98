"""A new key pair: the private half in a file of its own, the public one for the trust file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from tocsin.errors import ConfigError
from tocsin.trust.keys import PublicKey, SigningKey


def write_new_key(path: Path) -> PublicKey:
    """Write a private key that only its owner can read; nothing that exists is overwritten."""
    key = SigningKey.new()
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(place, "wb") as file:
            file.write(key.text())
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}", file=path) from error
    return key.public


def trust_entry(
    key: PublicKey, person: str, roles: Sequence[str], environments: Sequence[str]
) -> str:
    """What the trust file says of a key, as TOML."""
    lines = ["[[keys]]", f"public = {json.dumps(key.line)}"]
    lines += [f"person = {json.dumps(person, ensure_ascii=False)}"] if person else []
    lines.append(f"roles = {json.dumps(list(roles))}")
    lines += [f"environments = {json.dumps(list(environments))}"] if environments else []
    return "\n".join(lines)
