"""A detection that raises no alerts until a time; its matches are recorded all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydantic import ConfigDict

from tocsin.release.entry import FORBID_UNKNOWN
from tocsin.release.moment import Moment

MutedUntil = Mapping[str, Moment]
"""Until when detections, by id, raise no alerts: what workers need of mutes."""
NOT_MUTED: MutedUntil = {}


@dataclass(frozen=True, slots=True)
class Mute:
    """The detection with this id, muted by `who` in an emergency.

    It ends by itself: whoever raises alerts compares `until` with a clock of their own. `review`:
    the branch on which it is to be reviewed afterwards, empty for none.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    detection: str
    since: Moment
    until: Moment
    reason: str
    who: str
    review: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether it is not over yet."""
        return at < datetime.fromisoformat(self.until)


def muted_until(mutes: Iterable[Mute]) -> dict[str, str]:
    """What is published of them."""
    return {each.detection: each.until for each in mutes}
