"""Mutes in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin.escape import printable
from tocsin.release.mute import Mute


def mute_words(mutes: Sequence[tuple[str, Mute]]) -> Iterator[str]:
    """A line for each mute that is not over, by the detection's key."""
    for key, mute in mutes:
        review = f", review on {mute.review}" if mute.review else ""
        yield printable(f"{key}: muted until {mute.until} by {mute.who}: {mute.reason}{review}")
