"""Times, durations and digests as pages show them."""

from __future__ import annotations

from markupsafe import Markup

from tocsin.plural import plural

NO_RECORD = "no record"
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def when(at: str) -> Markup:
    """A time, which never breaks over lines; empty if there is none. Times are UTC everywhere."""
    return Markup("<time>{}</time>").format(moment(at)) if at else Markup()


def moment(at: str) -> str:
    """`2026-11-30 14:02`."""
    return at[:16].replace("T", " ")


def how_long(seconds: int) -> str:
    """In the two largest units: `12 days 3 h`, `4 h 10 min`, `50 s`."""
    if seconds >= _DAY:
        days, rest = divmod(seconds, _DAY)
        return plural(days, "day") + (f" {rest // _HOUR} h" if rest >= _HOUR else "")
    if seconds >= _HOUR:
        hours, rest = divmod(seconds, _HOUR)
        return f"{hours} h" + (f" {rest // _MINUTE} min" if rest >= _MINUTE else "")
    return f"{seconds // _MINUTE} min" if seconds >= _MINUTE else f"{seconds} s"


def days(seconds: int) -> int:
    """Whole days."""
    return seconds // _DAY


def short(digest: str) -> str:
    """The beginning of a digest or commit."""
    return digest[:12]
