"""How lists are asked for: the filters of each, as keyword arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict

from tocsin_client.models import DeliveryWord, DispositionWord, KindWord, SeverityWord, StateWord


class FindingFilter(TypedDict, total=False):
    """Several values mean any of them; times are of the last alert, by event time."""

    detection: Sequence[str]
    severity: Sequence[SeverityWord]
    environment: Sequence[str]
    state: Sequence[StateWord]
    disposition: Sequence[DispositionWord]
    assignee: Sequence[str]
    suppressed_by: str
    since: datetime
    before: datetime
    title: str


class AlertFilter(TypedDict, total=False):
    """Several values mean any of them; times are event times."""

    detection: Sequence[str]
    severity: Sequence[SeverityWord]
    environment: Sequence[str]
    finding: str
    since: datetime
    before: datetime
    title: str


class SuppressionFilter(TypedDict, total=False):
    """`active`: those that take alerts in now, or those that do not."""

    kind: KindWord
    detection: str
    active: bool


class ChangeFilter(TypedDict, total=False):
    """`subject`: the id of what changed; `actor`: the id of a token."""

    subject: str
    actor: str
    action: str
    since: datetime
    before: datetime


class DeliveryFilter(TypedDict, total=False):
    """Messages to a sink, in a state, about a finding."""

    sink: str
    state: DeliveryWord
    finding: str


Parameters = list[tuple[str, str | int | float | bool | None]]


def parameters(asked: Mapping[str, object]) -> Parameters:
    """The filters as a query, a name for each of several values."""
    found: Parameters = []
    for name, value in asked.items():
        several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        found += [(name, _text(each)) for each in several]
    return found


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime) else str(value)
