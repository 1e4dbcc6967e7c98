"""Two forms of a detection: a statement of its own, or a part of the pack of its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from tocsin.backend.base import Endpoints
from tocsin.errors import Unsupported
from tocsin.ir.query import Query
from tocsin.model.artifact import Match
from tocsin.model.source import Source
from tocsin.pack import Part
from tocsin.pack.tree import TooDeepError


class Form(StrEnum):
    """How detections on events are run."""

    SQL = "sql"
    PACK = "pack"


@dataclass(frozen=True, slots=True)
class FormCosts:
    """The seconds that each form takes: fixed, per detection, and per event.

    `sql_pair`: for one detection on one event. `pack_detection`: including the choice of witnesses.
    """

    sql_detection: float
    sql_pair: float
    pack_once: float
    pack_detection: float
    pack_event: float

    def sql(self, detections: int, events: int) -> float:
        """The seconds with statements."""
        return detections * (self.sql_detection + self.sql_pair * events)

    def pack(self, detections: int, events: int) -> float:
        """The seconds with the pack."""
        return self.pack_once + detections * self.pack_detection + events * self.pack_event

    def cheaper(self, detections: int, events: int) -> Form:
        """The form that is expected to take less time."""
        faster = self.pack(detections, events) < self.sql(detections, events)
        return Form.PACK if faster else Form.SQL


def part_of(query: Query) -> Part:
    """The part of a detection. Raises Unsupported if it is nested too deeply."""
    try:
        return Part.of(query)
    except TooDeepError as error:
        raise Unsupported(type(query.matches).__name__, "too-deep", str(error)) from None


@runtime_checkable
class PackBackend(Protocol):
    """A backend that can also run packs; `form_costs` are measured on its engine."""

    name: str
    form_costs: FormCosts

    def part(self, query: Query) -> Part:
        """The detection's part of its source's pack. Raises Unsupported before anything runs."""

    def run_pack(
        self,
        source: Source,
        parts: Sequence[Part],
        events: Sequence[Mapping[str, Any]],
        endpoints: Endpoints,
    ) -> list[Match]:
        """The matches of a source's parts on events, by the real engine, sorted."""
