"""Settings that name where their value is: `env:NAME`, `file:PATH`."""

from __future__ import annotations

import os
from pathlib import Path

from tocsin import gate
from tocsin.errors import ConfigError
from tocsin.secrets import Secret

_LONGEST = 64 * 1024


def resolve(value: str, setting: str) -> Secret:
    """The value, looked up now. Raises ConfigError if it is not there."""
    kind, _, name = value.partition(":")
    if kind == "env":
        found = os.environ.get(name, "").strip()
        reason = f"environment variable {name} is not set"
    elif kind == "file":
        found, reason = _content(Path(name)), f"{name} cannot be read or is empty"
    else:
        found, reason = value.strip(), "it is empty"
    if not found:
        raise ConfigError(f"no value for {setting}: {reason}", hint="see tocsin.toml")
    return Secret(found, value.strip())


def _content(path: Path) -> str:
    try:
        return gate.read_text(path.resolve(), _LONGEST).strip()
    except gate.UnreadError:
        return ""
