"""What did not run as released, and when that was mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.site.history.dates import utc
from tocsin.site.history.model import DriftHistory
from tocsin.state.ledger_event import AnyEvent, DriftFound, DriftMended


def drifts(events: Iterable[AnyEvent]) -> tuple[DriftHistory, ...]:
    """All that was found, oldest first; a release that mended it names the same differences."""
    return tuple(_drifts(tuple(events)))


def _drifts(events: tuple[AnyEvent, ...]) -> Iterator[DriftHistory]:
    mends = [each for each in events if isinstance(each, DriftMended)]
    for found in events:
        if isinstance(found, DriftFound):
            later = (m for m in mends if m.n > found.n and {*found.found} & {*m.mended})
            by = next(later, None)
            yield DriftHistory(
                found=utc(found.at),
                release=found.release,
                number=found.number,
                what=found.found,
                mended=utc(by.at) if by else "",
                by=by.release if by else 0,
            )
