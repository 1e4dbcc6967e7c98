"""Settings of sinks."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tocsin.secrets import is_reference
from tocsin_server.alerts.models import AlertFinding
from tocsin_server.alerts.state import AlertSeverity
from tocsin_server.web.values import Line


class SinkSettings(BaseModel):
    """A sink, and which findings it is told of.

    `url`: where it is, or a reference; `secret`: a reference only. `level`: findings at least so
    severe. `detections`, `environments`: only of these; empty means any. `updates`: it is also
    told when alerts join a finding that it knows. `template`: its text; empty means the kind's own.
    `options`: what only its kind knows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Line
    url: Annotated[str, Field(min_length=1, max_length=2000)]
    secret: str = ""
    level: AlertSeverity = AlertSeverity.UNKNOWN
    detections: tuple[Line, ...] = ()
    environments: tuple[Line, ...] = ()
    updates: bool = False
    template: Annotated[str, Field(max_length=4000)] = ""
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("secret")
    @classmethod
    def _elsewhere(cls, given: str) -> str:
        if given and not is_reference(given):
            raise ValueError("must be env:NAME or file:PATH: a secret is not written down here")
        return given

    def takes(self, finding: AlertFinding) -> bool:
        """Whether the sink is told of it."""
        return (
            finding.severity >= self.level.number
            and (not self.detections or finding.detection in self.detections)
            and (not self.environments or finding.environment in self.environments)
        )
