"""Which suppression an alert falls under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from tocsin.ir.evaluate import View
from tocsin.ir.text import fold, texts
from tocsin_server.alerts.received import Received
from tocsin_server.suppressions.condition import holds_on_all
from tocsin_server.suppressions.models import EXCEPTION, Suppression


@dataclass(frozen=True)
class ConditionFacts:
    """An alert with what it rests on, read when it is asked for."""

    alert: Received

    @cached_property
    def _data(self) -> Mapping[str, Any]:
        data: Mapping[str, Any] = orjson.loads(self.alert.body)["data"]
        return data

    @cached_property
    def events(self) -> Sequence[Mapping[str, Any]]:
        """All its events; none where it does not carry all: what is not seen is not judged."""
        given = self._data.get("evidences")
        found = [_event(each) for each in given] if isinstance(given, list) else []
        events = [each for each in found if each is not None]
        total = self._data["unmapped"]["tocsin"].get("event_count")
        return events if len(events) == total else []

    @cached_property
    def named(self) -> Mapping[str, Any]:
        """Values that it belongs to as a whole: of its group, and of its detection's `dedup`."""
        group = self._data["unmapped"]["tocsin"].get("group_key")
        return {**self.alert.by, **(group if isinstance(group, dict) else {})}


def suppression_of(facts: ConditionFacts, active: Iterable[Suppression]) -> Suppression | None:
    """The first of these that takes the alert in."""
    return next((each for each in active if _takes(each, facts)), None)


def _takes(suppression: Suppression, facts: ConditionFacts) -> bool:
    alert = facts.alert
    if suppression.detection not in ("", alert.detection):
        return False
    if suppression.environment not in ("", alert.environment):
        return False
    if suppression.kind == EXCEPTION:
        return holds_on_all(suppression.compiled, facts.events)
    return all(_has(facts, field, values) for field, values in suppression.matcher.items())


def _has(facts: ConditionFacts, field: str, values: Sequence[str]) -> bool:
    wanted = set(map(fold, values))
    if field in facts.named:
        return not wanted.isdisjoint(map(fold, texts(facts.named[field]) or ()))
    views = [View(event) for event in facts.events]
    return bool(views) and all(not wanted.isdisjoint(view.folded(field)) for view in views)


def _event(evidence: object) -> Mapping[str, Any] | None:
    data = evidence.get("data") if isinstance(evidence, dict) else None
    return data if isinstance(data, dict) else None
