"""Silences and exceptions as they are asked for and shown."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from tocsin_server.suppressions.models import EXCEPTION, Suppression
from tocsin_server.web.paging import Paged
from tocsin_server.web.values import AskedMoment, AskedValues, FilledLine, Line, iso, iso_or_none

_MOST_BYTES = 16_384
MatcherValues = Annotated[list[FilledLine], Field(min_length=1, max_length=100)]


def _storable(section: dict[str, Any]) -> dict[str, Any]:
    """What a JSON column takes: no NaN, no halves of characters, and not too much."""
    text = json.dumps(section, allow_nan=False, ensure_ascii=False).encode()
    if len(text) > _MOST_BYTES or b"\\u0000" in text:
        raise ValueError(f"at most {_MOST_BYTES} bytes, without the character of code 0")
    return section


class Kind(StrEnum):
    """A silence keeps quiet for a while; an exception says what a detection does not mean."""

    SILENCE = "silence"
    EXCEPTION = "exception"


class SilenceAsked(AskedValues):
    """Alerts of a detection, or with these values, need nobody's attention until it expires.

    A field holds if all events of the alert have one of its values, or its group or key does.
    """

    detection: Line = ""
    environment: Line = ""
    fields: Annotated[dict[FilledLine, MatcherValues], Field(max_length=20, default_factory=dict)]
    reason: FilledLine
    expires: AskedMoment


class ExceptionAsked(AskedValues):
    """Alerts of a detection that do not count where a condition holds on all their events.

    `condition` is a `detection` block of Sigma: selections and `condition`.
    """

    detection: FilledLine
    environment: Line = ""
    condition: Annotated[dict[FilledLine, Any], Field(min_length=1), AfterValidator(_storable)]
    reason: FilledLine
    owner: FilledLine
    ticket: FilledLine
    expires: AskedMoment


class SuppressionQuery(Paged):
    """Which suppressions. `active`: those that take alerts in now, or those that do not."""

    kind: Kind | None = None
    detection: Line = ""
    active: bool | None = None


class SuppressionShown(BaseModel):
    """A silence or an exception. `ended`: when someone ended it before it expired."""

    id: str
    kind: Kind
    detection: str
    environment: str
    fields: dict[str, list[str]]
    condition: dict[str, Any]
    reason: str
    owner: str
    ticket: str
    created: str
    expires: str
    ended: str | None
    hits: int
    last_hit: str | None


_PLAIN = ("id", "detection", "environment", "reason", "owner", "ticket", "hits")


def suppression_shown(row: Suppression) -> SuppressionShown:
    """A row as it is shown."""
    is_exception = row.kind == EXCEPTION
    return SuppressionShown(
        **{name: getattr(row, name) for name in _PLAIN},
        kind=Kind(row.kind),
        fields={} if is_exception else row.matcher,
        condition=row.matcher if is_exception else {},
        created=iso(row.created),
        expires=iso(row.expires),
        ended=iso_or_none(row.ended),
        last_hit=iso_or_none(row.last_hit),
    )
