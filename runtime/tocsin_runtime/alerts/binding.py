"""How a deployed detection reads its events: which field is the time, which the identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.canonical import digest
from tocsin.ir.text import lookup, texts, walk
from tocsin_runtime.alerts.moment import milliseconds
from tocsin_runtime.worker.stream import Record

Paths = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Binding:
    """One detection on one source. `paths`: fields whose place is not simply their name."""

    detection: str
    logic: str
    source: str
    time_field: str = ""
    id_field: str = ""
    paths: Paths = ()
    group_by: tuple[str, ...] = ()

    def time_of(self, event: Mapping[str, Any]) -> int | None:
        """Event time in milliseconds since 1970 UTC; None if there is none that can be read."""
        return milliseconds(self._value(event, self.time_field))

    def id_of(self, event: Mapping[str, Any], record: Record) -> str:
        """What identifies the event: its own id, else its lasting place, else its content."""
        own = texts(self._value(event, self.id_field))
        if own:
            return own[0]
        if record.lasting:
            return record.place
        return f"sha256:{digest(event)}"

    def _value(self, event: Mapping[str, Any], field: str) -> Any:
        if not field:
            return None
        path = dict(self.paths).get(field)
        return walk(event, path) if path else lookup(event, field)
