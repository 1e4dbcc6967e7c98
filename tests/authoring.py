"""Small files as authors write them: rules, sources, projects, event files."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import yaml

RULE_ID = "7e0b5c1c-3a55-4a1e-9d0e-2f8b1c7d0a03"
OTHER_ID = "0a5c3c2e-9a53-4e0b-8a58-5c9d0f1e2b44"

SOURCE = """\
source: shop
title: Shop
logsources:
  - {product: shop, service: audit}
time: {field: time, lateness: 5m}
fields:
  time: timestamp
  action: string
  amount: integer
  user.name: string
  status: {type: integer, from: [http.status]}
  tags: array<string>
  address: string
  details: map
"""


def rule(**changes: Any) -> dict[str, Any]:
    """A small correct rule; None removes a key."""
    given: dict[str, Any] = {
        "title": "Refund Without Order",
        "id": RULE_ID,
        "status": "test",
        "level": "high",
        "logsource": {"product": "shop", "service": "audit"},
        "detection": {"selection": {"action": "refund"}, "condition": "selection"},
    }
    given |= changes
    return {key: value for key, value in given.items() if value is not None}


def write(path: Path, content: str | bytes | Mapping[str, Any]) -> Path:
    """A file with this text, these bytes, or this map as YAML; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Mapping):
        content = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)
    path.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
    return path


def project(root: Path, rules: Mapping[str, Any] | None = None, source: str = SOURCE) -> Path:
    """A content repository with the source `shop` and these rules, by file name."""
    write(root / "tocsin.toml", '[project]\nname = "shop"\n')
    write(root / "sources/shop.yml", source)
    (root / "rules").mkdir(exist_ok=True)
    for name, content in (rules or {}).items():
        write(root / "rules" / name, content)
    return root


def events(path: Path, *objects: Any) -> Path:
    """A file of JSON lines."""
    return write(path, "".join(json.dumps(each) + "\n" for each in objects))


def codes(found: Iterable[Any]) -> list[str]:
    """Codes of findings, sorted."""
    return sorted(each.code for each in found)


def heed_interrupts() -> None:
    """Before a child starts: Ctrl-C ends it, even where the suite itself runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
