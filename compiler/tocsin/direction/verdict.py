"""How what a new version of a detection matches stands to what the old one matched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class DirectionKind(StrEnum):
    """The new version against the old one, by the events that each matches."""

    NARROWER = "narrower"
    WIDER = "wider"
    EQUAL = "equal"
    INCOMPARABLE = "incomparable"
    UNKNOWN = "unknown"

    @property
    def weakens(self) -> bool:
        """Whether a change counts as one that finds less: unless it is proven that it does not."""
        return self not in (DirectionKind.WIDER, DirectionKind.EQUAL)


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """An event, and the name of the source whose event it is."""

    source: str
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DirectionWitness:
    """Events on which the versions differ, as the evaluator confirmed.

    For a detection on single events it is one event; for a correlation, events in order.
    """

    events: tuple[SourceEvent, ...]

    @property
    def record(self) -> list[dict[str, Any]]:
        """As plain JSON values."""
        return [{"source": each.source, "event": dict(each.event)} for each in self.events]


@dataclass(frozen=True, slots=True)
class Direction:
    """The kind, and its witnesses: `lost` matched before and no more, `gained` only now.

    Without a proof the kind is unknown, but a witness that was found is still true. `reason` says
    what could not be decided.
    """

    kind: DirectionKind
    lost: DirectionWitness | None = None
    gained: DirectionWitness | None = None
    reason: str = ""

    @property
    def record(self) -> dict[str, Any]:
        """As plain JSON values, without what is empty."""
        told = {
            "kind": self.kind.value,
            "lost": self.lost.record if self.lost else None,
            "gained": self.gained.record if self.gained else None,
            "reason": self.reason,
        }
        return {key: value for key, value in told.items() if value}


MOST_COMPARED = 200
"""Of so many detections is it found out at once, where nobody waits for more."""
TOO_MANY = Direction(DirectionKind.UNKNOWN, reason="too many detections change at once")


@dataclass(frozen=True, slots=True)
class Excess:
    """What one version matches and the other does not: an example, a proof of nothing, or neither.

    `none`: it is proven that there is nothing. `reason`: why neither was found.
    """

    witness: DirectionWitness | None = None
    none: bool = False
    reason: str = ""


NOTHING = Excess(none=True)


def concluded(lost: Excess, gained: Excess) -> Direction:
    """The direction by what is lost and what is gained."""
    found = Direction(DirectionKind.UNKNOWN, lost.witness, gained.witness)
    match (bool(lost.witness), bool(gained.witness), lost.none, gained.none):
        case (True, True, _, _):
            return _of(DirectionKind.INCOMPARABLE, found)
        case (True, _, _, True):
            return _of(DirectionKind.NARROWER, found)
        case (_, True, True, _):
            return _of(DirectionKind.WIDER, found)
        case (_, _, True, True):
            return _of(DirectionKind.EQUAL, found)
        case _:
            reason = "; ".join(dict.fromkeys(filter(None, (lost.reason, gained.reason))))
            return Direction(DirectionKind.UNKNOWN, lost.witness, gained.witness, reason)


def _of(kind: DirectionKind, found: Direction) -> Direction:
    return Direction(kind, found.lost, found.gained)
