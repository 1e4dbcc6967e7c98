"""YAML with every text in double quotes, so that no reader takes one for a number."""

from __future__ import annotations

from typing import Any

import yaml


class _Quoting(yaml.SafeDumper):
    """Texts in double quotes."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Quoting.add_representer(str, _text)


def quoted(value: Any, *, flow: bool = False) -> str:
    """The value as YAML; `flow`: on one line."""
    return yaml.dump(value, Dumper=_Quoting, default_flow_style=flow, sort_keys=False, width=10**9)
