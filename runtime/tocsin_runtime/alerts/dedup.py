"""What alerts carry so that a viewer can group those that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.canonical import digest
from tocsin.ir.text import lookup, texts, walk
from tocsin.model.detection import Dedup


def same(
    detection: str, dedup: Dedup, event: Mapping[str, Any] | None, group: Mapping[str, str]
) -> dict[str, Any]:
    """The key that alerts on the same have in common, its values, and how long that holds.

    A value is that of the group, else of the event, which completed a correlation: its text form, a
    list of several, null where there is none.
    """
    values = {
        name: group[name] if name in group else _value(event or {}, name, path)
        for name, path in dedup.by
    }
    key = digest({"detection": detection, "by": values})
    return {"key": key, "by": values, "for_ms": dedup.for_ms}


def _value(event: Mapping[str, Any], name: str, path: tuple[str, ...]) -> str | list[str] | None:
    found = texts(walk(event, path) if path else lookup(event, name))
    return None if not found else found[0] if len(found) == 1 else list(found)
