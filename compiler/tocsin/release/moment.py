"""Times in records: ISO 8601 with an offset from UTC, so that any two can be compared."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

_FIRST_YEAR, _LAST_YEAR = 1970, 9990


def moment(text: str) -> str:
    """A time that can be compared with any other. Raises ValueError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise ValueError("not a plausible time with a UTC offset")
    return text


Moment = Annotated[str, AfterValidator(moment)]
