"""Finds the source that an event from a file belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.events.decode import NotAnEventError
from tocsin.events.piece import EventDict
from tocsin.ir.evaluate import Predicate, View
from tocsin.model.source import Source
from tocsin_runtime.worker.process import Lane, Taken


@dataclass(frozen=True, slots=True)
class Claim:
    """A source and the condition that selects its events, None where it has none."""

    source: Source
    where: Predicate | None = None

    def holds(self, event: EventDict) -> bool:
        """The condition decides; without one, the time and the identity must be there."""
        view = View(event, self.source.renamed)
        if self.where is not None:
            return self.where(view)
        expected = [f for f in (self.source.time_field, *self.source.id_fields) if f]
        return bool(expected) and all(view.texts(field) is not None for field in expected)


class Claims:
    """Routes events to the lanes of the sources that claim them; `seen` counts them by source.

    A source that selects its events by a condition goes before those that have none.
    """

    def __init__(
        self, claims: Sequence[Claim], lanes: Mapping[str, Sequence[Lane]], forced: str = ""
    ) -> None:
        self._selecting = [c for c in claims if c.where is not None]
        self._plain = [c for c in claims if c.where is None]
        self._lanes = lanes
        self._forced = forced
        self.seen: Counter[str] = Counter()

    def __call__(self, taken: Taken) -> Sequence[Lane]:
        """The lanes of all sources that claim the event. Raises NotAnEventError if none does."""
        event = taken.event()
        names = [self._forced] if self._forced else self._names(event)
        if not names:
            raise NotAnEventError(
                "belongs to no source: none selects it, or none finds its time and id"
            )
        self.seen.update(names)
        return list(dict.fromkeys(lane for name in names for lane in self._lanes.get(name, ())))

    def _names(self, event: EventDict) -> list[str]:
        selected = [c.source.name for c in self._selecting if c.holds(event)]
        return selected or [c.source.name for c in self._plain if c.holds(event)]
