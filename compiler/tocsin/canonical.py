"""Canonical JSON and its digest: the only thing that is ever hashed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any

_SCALARS = frozenset({str, int, float, bool, type(None)})


@cache
def _compared(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Names and defaults of the fields by which a dataclass compares."""
    return tuple((f.name, f.default) for f in fields(kind) if f.compare)


def plain(value: Any) -> Any:
    """Dataclasses become `{"node": type, field: value …}`, tuples lists, sets sorted lists.

    A string enum is its text; any other enum is `{"enum": name}`, so that it never equals a text.
    Fields left at their default are dropped, so that adding a field with a default changes no hash.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if is_dataclass(kind):
        members = {
            name: plain(member)
            for name, default in _compared(kind)
            if (member := getattr(value, name)) != default
        }
        return {"node": kind.__name__, **members}
    if isinstance(value, Enum):
        return value.value if isinstance(value, str) else {"enum": value.name}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return sorted(map(plain, value)) if isinstance(value, set | frozenset) else value


def canonical_bytes(value: Any) -> bytes:
    """Sorted keys, no blanks, UTF-8: equal values give equal bytes on every machine."""
    return plain_bytes(plain(value))


def plain_bytes(value: Any) -> bytes:
    """The canonical bytes of what is plain already."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, 64 hex digits."""
    return digest_bytes(canonical_bytes(value))


def digest_bytes(data: bytes) -> str:
    """SHA-256 of raw bytes, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
