"""How much detections say in some days, as people judged it: what `tocsin noise` found."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

Count = Annotated[int, Field(ge=0)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]
Rate = Annotated[FiniteFloat, Field(ge=0)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DetectionNoise(_Form):
    """A detection that raised alerts.

    `false_share`: the false positives among the findings that somebody judged; None if none was.
    `undecided_share`: of all findings, those that are neither judged nor suppressed. `trend`:
    alerts in equal parts of the time, the oldest first.
    """

    detection: Annotated[str, Field(min_length=1, max_length=300)]
    title: Annotated[str, Field(max_length=1000)]
    alerts: Count
    findings: Count
    alerts_a_day: Rate
    findings_a_day: Rate
    false_share: Share | None
    undecided_share: Share
    trend: Annotated[tuple[Count, ...], Field(max_length=366)] = ()


class NoiseReport(_Form):
    """All detections of an environment that raised alerts in the last `days` until `at` (UTC)."""

    form: Literal[1] = 1
    environment: str
    at: str
    days: Annotated[int, Field(ge=1, le=365)]
    detections: Annotated[tuple[DetectionNoise, ...], Field(max_length=100_000)] = ()

    def of(self, detection: str) -> DetectionNoise | None:
        """The detection with this id, if it raised any."""
        return next((each for each in self.detections if each.detection == detection), None)
