"""The direction of a correlation, by its bases, its window and its condition.

What is proven: of two correlations of one type over corresponding bases, the one with the smaller
windows and the stricter condition matches less, where a condition that holds on a window holds on
any larger one. Where it does not, the windows must be the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.direction.events import Sides, excess
from tocsin.direction.figures import grows, implies
from tocsin.direction.places import FieldPlaces
from tocsin.direction.streams import shown
from tocsin.direction.verdict import NOTHING, Direction, DirectionKind, Excess, concluded
from tocsin.ir.correlation import Correlation, CorrelationType, Ref
from tocsin.ir.query import CorrelationQuery, Query, Resolved

ORDERED = CorrelationType.TEMPORAL_ORDERED
SETS = (CorrelationType.EVENT_COUNT, CorrelationType.VALUE_COUNT)
"""Types for which the order and the number of the rules do not matter."""


def compared(old: Resolved | None, new: Resolved | None) -> Direction:
    """The direction from one correlation to another; None is one that is not there."""
    if isinstance(old, Query) or isinstance(new, Query):
        return Direction(DirectionKind.UNKNOWN, reason="a correlation and single events")
    return concluded(_excess(old, new), _excess(new, old))


def _excess(one: CorrelationQuery | None, other: CorrelationQuery | None) -> Excess:
    """What one correlation matches and the other does not."""
    if one is None:
        return NOTHING
    why = "" if other is not None else "it is not there"
    if other is not None and not (why := _obstacle(one, other)):
        return NOTHING
    witness = shown(one, other)
    return Excess(witness) if witness else Excess(reason=f"not proven: {why}")


def _obstacle(one: CorrelationQuery, other: CorrelationQuery) -> str:
    """Why it is not proven that the other matches all that the one does; empty where it is."""
    mine, theirs = one.correlation, other.correlation
    pairs = _pairs(one, other)
    if mine.type is not theirs.type:
        return "the type of the correlation"
    if pairs is None:
        return "the rules of the correlation"
    if not _same_times(pairs):
        return "how the source tells the time"
    return _condition(one, other, pairs) or _windows(one, other, pairs)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A base of one correlation with its position, and what corresponds to it in the other."""

    at: int
    base: Resolved
    other_at: int
    other: Resolved


def _pairs(one: CorrelationQuery, other: CorrelationQuery) -> list[_Pair] | None:
    """For each base of the one its counterpart in the other; None where one has none."""
    if one.correlation.type not in SETS:
        if len(one.bases) != len(other.bases):
            return None
        ids = [[base.detection.id for base in each.bases] for each in (one, other)]
        if ids[0] != ids[1] and sorted(ids[0]) == sorted(ids[1]):
            return None
        bases = enumerate(zip(one.bases, other.bases, strict=True))
        return [_Pair(n, base, n, same) for n, (base, same) in bases]
    places = {base.detection.id: n for n, base in enumerate(other.bases)}
    if len(one.bases) == len(other.bases) == 1:
        places[one.bases[0].detection.id] = 0
    found = [(n, base, places.get(base.detection.id)) for n, base in enumerate(one.bases)]
    if any(place is None for *_, place in found):
        return None
    return [_Pair(n, base, at, other.bases[at]) for n, base, at in found if at is not None]


def _same_times(pairs: Sequence[_Pair]) -> bool:
    def times(base: Resolved) -> list[tuple[str, str, int | None]]:
        sources = [query.source for query in base.events]
        return [(s.time_field, s.time_unit.value, s.lateness_ms) for s in sources]

    return all(times(pair.base) == times(pair.other) for pair in pairs)


def _condition(one: CorrelationQuery, other: CorrelationQuery, pairs: Sequence[_Pair]) -> str:
    mine, theirs = one.correlation, other.correlation
    if mine.percentile != theirs.percentile or not _same_refs(one, other, pairs):
        return "the value that is counted"
    return "" if implies(mine, theirs) else "the condition"


def _same_refs(one: CorrelationQuery, other: CorrelationQuery, pairs: Sequence[_Pair]) -> bool:
    mine, theirs = one.correlation.values, other.correlation.values
    return [_placed(ref, pairs, mine=True) for ref in mine] == [
        _placed(ref, pairs, mine=False) for ref in theirs
    ]


def _placed(ref: Ref, pairs: Sequence[_Pair], *, mine: bool) -> tuple[tuple[str, ...], ...]:
    """Where the field is, in the events of each base."""
    places = FieldPlaces()
    if mine:
        each = [(ref.fields[pair.at], pair.base) for pair in pairs]
    else:
        each = [(ref.fields[pair.other_at], pair.other) for pair in pairs]
    return tuple(
        tuple(places.key(query.source, field) for query in base.events) for field, base in each
    )


def _windows(one: CorrelationQuery, other: CorrelationQuery, pairs: Sequence[_Pair]) -> str:
    """Why the other's windows may lack what the one's have, or have more where that matters."""
    mine, theirs = one.correlation, other.correlation
    if why := _smaller(mine, theirs, pairs):
        return why
    if (grows(mine) or grows(theirs)) and _one_value(one) and _one_value(other):
        return ""
    back = [_Pair(p.other_at, p.other, p.at, p.base) for p in pairs]
    if len(one.bases) != len(other.bases) or any(pair.at != pair.other_at for pair in pairs):
        return "the rules of the correlation"
    why = _smaller(theirs, mine, back)
    return f"{why}, where more matches can undo the condition" if why else ""


def _smaller(one: Correlation, other: Correlation, pairs: Sequence[_Pair]) -> str:
    """Why a window of the one may hold what the other's does not."""
    if one.timespan_ms > other.timespan_ms:
        return "the timespan"
    keys = {_placed(ref, pairs, mine=True) for ref in one.group_by}
    if not {_placed(ref, pairs, mine=False) for ref in other.group_by} <= keys:
        return "the group's keys"
    lacking = [pair for pair in pairs if not _within(pair.base, pair.other)]
    return f"the base {lacking[0].base.detection.key}" if lacking else ""


def _within(base: Resolved, other: Resolved) -> bool:
    """Whether the other base has all matches of the one, for sure."""
    if isinstance(base, CorrelationQuery) and isinstance(other, CorrelationQuery):
        return not _obstacle(base, other)
    if not isinstance(base, Query) or not isinstance(other, Query):
        return False
    return base.source.name == other.source.name and excess(Sides.of(base, other)).none


def _one_value(query: CorrelationQuery) -> bool:
    """Whether an event gives the same value whichever of the rules it matches."""
    refs = query.correlation.values
    return all(len(set(ref.fields)) == 1 for ref in refs) and (
        not refs or len({source.exact for source in query.sources}) == 1
    )
