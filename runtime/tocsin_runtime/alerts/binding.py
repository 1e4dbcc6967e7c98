"""How a deployed detection reads its events: the fields of time and identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.ir.identity import event_id
from tocsin.ir.text import lookup, texts, walk
from tocsin.ir.times import parse_millis
from tocsin.model.source import TimeUnit
from tocsin.pack import Part
from tocsin.pack.part import FieldPaths


@dataclass(frozen=True, slots=True)
class Binding:
    """One detection on one source. `paths`: fields whose place is not simply their name."""

    detection: str
    logic: str
    source: str
    time_field: str = ""
    time_unit: TimeUnit = TimeUnit.TEXT
    id_fields: tuple[str, ...] = ()
    paths: FieldPaths = ()
    group_by: tuple[str, ...] = ()

    @classmethod
    def of(cls, part: Part) -> Binding:
        """How the detection of a part reads its events."""
        return cls(
            detection=part.detection,
            logic=part.logic,
            source=part.source,
            time_field=part.time_field,
            time_unit=part.time_unit,
            id_fields=part.id_fields,
            paths=part.paths,
        )

    def time_of(self, event: Mapping[str, Any]) -> int | None:
        """Event time in milliseconds since 1970 UTC; None if there is none that can be read."""
        told = texts(self._value(event, self.time_field))
        return parse_millis(told[0], self.time_unit) if told and len(told) == 1 else None

    def id_of(self, event: Mapping[str, Any]) -> str:
        """What identifies the event."""
        return event_id(event, self.id_fields, dict(self.paths))

    def _value(self, event: Mapping[str, Any], field: str) -> Any:
        if not field:
            return None
        path = dict(self.paths).get(field)
        return walk(event, path) if path else lookup(event, field)
