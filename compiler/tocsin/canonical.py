"""Canonical JSON and its digest: the only thing that is ever hashed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """Dataclasses become `{"node": type, field: value …}`, tuples lists, sets sorted lists.

    A string enum is its text; any other enum is `{"enum": name}`, so that it never equals a text.
    Fields left at their default are dropped, so that adding a field with a default changes no hash.
    """
    if is_dataclass(value) and not isinstance(value, type):
        members = {
            f.name: plain(getattr(value, f.name))
            for f in fields(value)
            if f.compare and getattr(value, f.name) != f.default
        }
        return {"node": type(value).__name__, **members}
    if isinstance(value, Enum):
        return value.value if isinstance(value, str) else {"enum": value.name}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(v) for v in value)
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


def canonical_bytes(value: Any) -> bytes:
    """Sorted keys, no blanks, UTF-8: equal values give equal bytes on every machine."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, 64 hex digits."""
    return digest_bytes(canonical_bytes(value))


def digest_bytes(data: bytes) -> str:
    """SHA-256 of raw bytes, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
