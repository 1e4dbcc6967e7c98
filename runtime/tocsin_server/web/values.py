"""Values of requests and answers: texts that every database keeps, times in ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from tocsin.ir.times import LAST, millis_text

_ID = r"^[0-9a-f]{32}$"
_NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"
"""Controls, of which PostgreSQL refuses zero: names are shown in terminals and logs, too."""


class AskedValues(BaseModel):
    """What a request may carry, and nothing else."""

    model_config = ConfigDict(extra="forbid")


def _known_year(time: datetime) -> datetime:
    return max(time, datetime(1970, 1, 1, tzinfo=UTC))


def _without_zero(text: str) -> str:
    if "\0" in text:
        raise ValueError("it has a character of code 0")
    return text


Line = Annotated[str, Field(max_length=300, pattern=_NO_CONTROL)]
FilledLine = Annotated[str, Field(min_length=1, max_length=300, pattern=_NO_CONTROL)]
Prose = Annotated[str, Field(max_length=10_000), AfterValidator(_without_zero)]
FindingId = Annotated[str, Field(pattern=_ID)]
DeliveryId = Annotated[str, Field(pattern=_ID)]
SuppressionId = Annotated[str, Field(pattern=_ID)]
AlertId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
AskedMoment = Annotated[AwareDatetime, AfterValidator(_known_year)]


def millis(time: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return int(time.timestamp() * 1000)


def iso(time: int) -> str:
    """The time in UTC; what no calendar has is its last moment."""
    return millis_text(min(time, LAST))


def iso_or_none(time: int | None) -> str | None:
    """The same, of a time that may not be."""
    return None if time is None else iso(time)
