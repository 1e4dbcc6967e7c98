"""An alert as it is recorded: found by its id or in a file, as far as it is to be raised again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from tocsin import gate
from tocsin.app.kept_alerts import KeptAlerts
from tocsin.errors import ConfigError
from tocsin.parse_errors import first_line

_MOST_BYTES = 16 * gate.MIB
_ID = 64


class _Form(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class _Evidence(_Form):
    data: dict[str, Any]


class _Own(_Form):
    project: str
    environment: str
    detection: str
    version: int
    release: int
    logic: str
    event_count: int
    event_ids: list[str]


class _Unmapped(_Form):
    tocsin: _Own


class _Product(_Form):
    version: str


class _Metadata(_Form):
    product: _Product


class _Data(_Form):
    time: int
    metadata: _Metadata
    evidences: list[_Evidence] = []
    unmapped: _Unmapped


class RecordedAlert(_Form):
    """What is needed of an alert to raise it again."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    data: _Data

    @property
    def own(self) -> _Own:
        """What Tocsin says of it."""
        return self.data.unmapped.tocsin

    @property
    def events(self) -> list[dict[str, Any]]:
        """Those that it shows."""
        return [each.data for each in self.data.evidences]


def alert_bytes(given: str, kept: KeptAlerts, project: Path | None) -> bytes:
    """An alert by its id, or in a file that has it alone (`-`: on stdin)."""
    if len(given) == _ID and set(given) <= set("0123456789abcdef"):
        return kept.body(given, project)
    return gate.read(Path(given), _MOST_BYTES).strip()


def recorded(body: bytes) -> RecordedAlert:
    """The alert in these bytes. Raises ConfigError for anything else."""
    try:
        return RecordedAlert.model_validate(gate.loads(body))
    except ValueError as error:
        raise ConfigError(
            f"it is no alert of Tocsin: {first_line(error)}", hint="one alert, as one JSON object"
        ) from None
