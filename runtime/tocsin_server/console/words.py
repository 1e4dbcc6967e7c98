"""Values in words, as pages show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tocsin.ir.times import LAST, millis_text
from tocsin_server.alerts.state import Disposition
from tocsin_server.audit.models import AuditedChange
from tocsin_server.database import now_ms

DISPOSITIONS = {
    Disposition.TRUE_POSITIVE: "true positive",
    Disposition.BENIGN: "benign",
    Disposition.FALSE_POSITIVE: "false positive",
    Disposition.NONE: "none yet",
}
_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"))


def moment(time: int | str) -> str:
    """A time, to the second: `2026-12-01 07:12:33`."""
    text = time if isinstance(time, str) else millis_text(min(time, LAST))
    return text[:19].replace("T", " ")


def how_long(milliseconds: int) -> str:
    """A duration in its two largest units: `2 h 5 min`."""
    parts: list[str] = []
    left = milliseconds
    for size, name in _UNITS:
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {name}")
    return " ".join(parts[:2]) or f"{milliseconds} ms"


def ago(time: int) -> str:
    """How long ago it was, in one unit: `3 h`; of the future, `ahead`."""
    past = now_ms() - time
    if past < -60_000:  # noqa: PLR2004 - clocks differ by less
        return "ahead"
    return next((f"{past // size} {name}" for size, name in _UNITS if past >= size), "now")


def changes(change: AuditedChange) -> str:
    """What someone changed in a finding: `closed, false positive`."""
    before, after = change.before or {}, change.after or {}
    told = [
        word(after[name])
        for name, word in _CHANGES.items()
        if name in after and before.get(name) != after[name]
    ]
    return ", ".join(told) or ("commented" if "comment" in after else change.action)


_CHANGES: Mapping[str, Callable[[str], str]] = {
    "state": str,
    "disposition": lambda value: DISPOSITIONS[Disposition(value)] if value else "no disposition",
    "assignee": lambda value: f"assigned to {value or 'nobody'}",
}


def short(text: str, most: int = 12) -> str:
    """The beginning of an id."""
    return text[:most]
