"""Bytes to events: a JSON object, or the reason why it is not one."""

from __future__ import annotations

from typing import Any

import orjson

from tocsin.events.piece import MAX_EVENT_BYTES, TOO_DEEP, TOO_LARGE, kind_of, too_deep


class NotAnEventError(ValueError):
    """The bytes are not an event; the text says why."""


def decode(value: bytes) -> dict[str, Any]:
    """The event in these bytes. Raises NotAnEventError."""
    if len(value) > MAX_EVENT_BYTES:
        raise NotAnEventError(TOO_LARGE)
    if not value:
        raise NotAnEventError("empty")
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise NotAnEventError(f"not JSON: {error}") from None
    if not isinstance(event, dict):
        raise NotAnEventError(f"not a JSON object but {kind_of(event)}")
    if too_deep(event, value):
        raise NotAnEventError(TOO_DEEP)
    return event
