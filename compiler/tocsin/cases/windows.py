"""Why a correlation holds at an event or not: its windows, what was counted, what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.ir.account import SHOWN, Account, Standing, account
from tocsin.ir.figures import Hit
from tocsin.ir.query import CorrelationQuery
from tocsin.ir.stream import WITHOUT_KEY, Clock, LeftOut, base_matches, observe
from tocsin.ir.times import millis_text


@dataclass(frozen=True, slots=True)
class Windows:
    """The account of a correlation over events; `bases`: numbers of the events of each base."""

    query: CorrelationQuery
    account: Account
    bases: tuple[tuple[str, tuple[int, ...]], ...]
    left_out: LeftOut

    @property
    def matches(self) -> bool:
        """Whether the correlation holds anywhere."""
        return any(standing.holds for standing in self.account.standings)

    def at(self, number: int) -> Windows:
        """The same with the standings of one event only."""
        mine = tuple(s for s in self.account.standings if s.event[1] == number)
        one = Account(mine, self.account.without_key)
        return Windows(self.query, one, self.bases, self.left_out)

    def group_of(self, standing: Standing) -> dict[str, str]:
        """The group's keys, as the correlation names them."""
        names = (ref.name for ref in self.query.correlation.group_by)
        return dict(zip(names, standing.group, strict=True))

    def as_json(self) -> dict[str, Any]:
        """The object that `explain --format json` prints for a correlation."""
        return {
            "matches": self.matches,
            "bases": {key: list(events) for key, events in self.bases},
            "left_out": self.left_out.told,
            "untimed": self.left_out.untimed,
            "windows": [self._window(standing) for standing in self.account.standings],
        }

    def _window(self, standing: Standing) -> dict[str, Any]:
        return {
            "event": standing.event[1],
            "time": millis_text(standing.time),
            "group": self.group_of(standing),
            "holds": standing.holds,
            "figure": standing.figure,
            "asked": standing.asked,
            "events": len(standing.window),
            "window": [self._member(hit) for hit in standing.window.newest(SHOWN)],
        }

    def _member(self, hit: Hit) -> dict[str, Any]:
        return {
            "event": hit.event[1],
            "time": millis_text(hit.time),
            "rules": [self.bases[rule][0] for rule in sorted(hit.rules)],
            "values": list(hit.values or ()),
        }


def explain_windows(
    query: CorrelationQuery, events: Sequence[Mapping[str, Any]], clock: Clock | None = None
) -> Windows:
    """The correlation over events in order of arrival; `clock` where no source tells the time."""
    left_out = LeftOut()
    found = observe(query.events, events, left_out, clock)
    seen = account(query, found)
    left_out.counts[WITHOUT_KEY] = seen.without_key
    bases = tuple(
        (base.detection.key, tuple(m.event[1] for m in base_matches(query, n, found)))
        for n, base in enumerate(query.bases)
    )
    return Windows(query, seen, bases, left_out)
