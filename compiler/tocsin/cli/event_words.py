"""Events of a ledger, each in one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tocsin.plural import plural

_SHOWN = 3


def event_words(event: Mapping[str, Any]) -> str:
    """What happened, in words."""
    return _WORDS[event["kind"]](event)


def _attempt(event: Mapping[str, Any]) -> str:
    what = f"{event['command']} {event['detection']}".strip()
    counts = ", ".join(f"{n} {action}" for action, n in event["counts"].items())
    return f"{what} {event['outcome']}: {event['message']}" + (f" · {counts}" if counts else "")


def _interrupted(event: Mapping[str, Any]) -> str:
    ended = f"finished as release {event['release']}" if event["release"] else "dropped"
    return f"an apply by {event['began_by']} was interrupted, and {ended}"


def _found(event: Mapping[str, Any]) -> str:
    return f"drift from release {event['release']}: {_some(event, 'found')}"


def _mended(event: Mapping[str, Any]) -> str:
    return f"drift mended by release {event['release']}: {_some(event, 'mended')}"


def _forced(event: Mapping[str, Any]) -> str:
    detection = f"{event['detection']} v{event['version']}"
    return f"promotion of {detection} in release {event['release']} was forced"


def _expired(event: Mapping[str, Any]) -> str:
    return f"the mute of {event['detection']} expired at {event['until']}"


def _emergency(event: Mapping[str, Any]) -> str:
    who = ", ".join(event["reviewers"])
    return f"release {event['release']} was let through alone by {who}: {event['reason']}"


def _reviewed(event: Mapping[str, Any]) -> str:
    return f"{event['reviewer']} agreed afterwards with release {event['release']}"


def _verified(event: Mapping[str, Any]) -> str:
    wrong = _some(event, "findings") if event["number"] else "intact"
    return f"ledger verified, {plural(event['releases'], 'release')}: {wrong}"


def _some(event: Mapping[str, Any], key: str) -> str:
    more = event["number"] - len(event[key][:_SHOWN])
    return "; ".join(event[key][:_SHOWN]) + (f"; {more} more" if more else "")


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "attempt": _attempt,
    "interrupted": _interrupted,
    "drift-found": _found,
    "drift-mended": _mended,
    "promotion-forced": _forced,
    "mute-expired": _expired,
    "emergency": _emergency,
    "emergency-reviewed": _reviewed,
    "verified": _verified,
}
