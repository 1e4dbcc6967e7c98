"""What happens to the state of a detection that changes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict

from tocsin.release.entry import FORBID_UNKNOWN


class Fate(StrEnum):
    """What happens to the state of a correlation when its detection changes."""

    KEEP = "keep"
    REPLAY = "replay"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class StateDecision:
    """The fate of a detection's state, and why.

    `replay_ms`: how far back events are read again. `risk_ms`: for how long after the switch
    matches may be missed, or found on windows of the old version. `problem`: why what the author
    asked for is impossible; such a plan is not applied.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    fate: Fate
    why: str
    replay_ms: int = 0
    risk_ms: int = 0
    problem: str = ""
