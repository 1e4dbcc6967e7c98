"""A newer version in shadow beside the live one, and its promotion."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tocsin.ir.query import Resolved
from tocsin.release.entry import Entry
from tocsin.state.release import Release

MARK = "~shadow"
"""Ends id and key of a form in shadow that has a live one beside it."""


@dataclass(frozen=True, slots=True)
class Placing:
    """How a detection is placed: in which mode, `beside` which live entry, if any."""

    mode: str
    beside: Entry | None = None
    promoted: bool = False


def placing(query: Resolved, mode: str, last: Release | None) -> Placing:
    """What the file's word for this environment means after the last release.

    Shadow leaves a live detection of other logic in place; one of the same logic that was
    promoted stays live.
    """
    old = last.entry(query.detection.id) if last else None
    if mode != "shadow" or old is None or old.mode != "live":
        return Placing(mode)
    if old.logic != query.logic:
        return Placing(mode, beside=old)
    return Placing("live", promoted=True) if old.promoted else Placing(mode)


def shadowed(query: Resolved) -> Resolved:
    """The same detection under the name of a form in shadow: engines take it for another one."""
    detection = query.detection
    named = replace(detection, id=detection.id + MARK, key=detection.key + MARK)
    return replace(query, detection=named)
