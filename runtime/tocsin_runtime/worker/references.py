"""References in settings: `env:NAME`, `file:PATH`."""

from __future__ import annotations

import os
from pathlib import Path

from tocsin import gate
from tocsin.errors import ConfigError
from tocsin.secrets import Secret, secret_folders

_LONGEST = 64 * 1024


def resolve(value: str, setting: str) -> Secret:
    """The resolved value. Raises ConfigError if there is none."""
    kind, _, name = value.partition(":")
    if kind == "env":
        found = os.environ.get(name, "").strip()
        reason, hint = f"environment variable {name} is not set", f"export {name}=…"
    elif kind == "file":
        found, reason = _content(Path(name))
        hint = "write the value in that file, or name another"
    else:
        found, reason, hint = value.strip(), "it is empty", "see tocsin.toml"
    if not found:
        raise ConfigError(f"no value for {setting}: {reason}", hint=hint)
    return Secret(found, value.strip())


def _content(path: Path) -> tuple[str, str]:
    """What a file of secrets holds, and why it may be nothing."""
    folders = [Path(each).resolve() for each in secret_folders()]
    try:
        file = path.resolve()
        if not path.is_absolute() or not any(file.is_relative_to(each) for each in folders):
            return "", f"{path} is in none of the folders of secrets, {', '.join(secret_folders())}"
        return gate.read_text(file, _LONGEST).strip(), f"{path} is empty"
    except (gate.UnreadError, OSError, RuntimeError, ValueError):
        return "", f"{path} cannot be read"
