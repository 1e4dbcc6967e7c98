"""Quoting of values in YAML and unit files: every value goes through one of these functions."""

from __future__ import annotations

import json

from tocsin.errors import ConfigError


def yaml(value: object) -> object:
    """A double-quoted scalar, which no value can break out of; numbers stay numbers."""
    if isinstance(value, int):
        return value
    text = str(value)
    if not text.isprintable():
        raise ConfigError(f"not a value for a manifest: {text!r}")
    return json.dumps(text, ensure_ascii=False)


def unit(value: object) -> object:
    """A word in a systemd command line or setting, without specifiers or variables."""
    text = str(value)
    if not text.isprintable():
        raise ConfigError(f"not a value for a unit file: {text!r}")
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return plain if plain and plain == text and " " not in text else f'"{plain}"'
