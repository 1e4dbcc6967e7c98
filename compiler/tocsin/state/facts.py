"""What is known of the making of a release, besides what it deployed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from tocsin.release.entry import FORBID_UNKNOWN, Whole


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """Of one apply.

    `run`: the run of CI that it was part of, as an address. `seconds`: how long each of its steps
    took, by name. `detections`: how many are live; `techniques`: how many of ATT&CK they name.
    `data`: SHA-256 of the data that tags were read with, by file. `checks`: how many findings of
    checks were there and did not stop it, by code. `directions` of detections whose logic changed,
    by id.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    run: str = ""
    seconds: dict[str, Annotated[float, Field(ge=0)]] = field(default_factory=dict)
    detections: Whole = 0
    techniques: Whole = 0
    data: dict[str, str] = field(default_factory=dict)
    checks: dict[str, Whole] = field(default_factory=dict)
    directions: dict[str, str] = field(default_factory=dict)
