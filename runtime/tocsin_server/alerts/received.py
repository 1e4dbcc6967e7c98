"""An alert as its bytes tell it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tocsin.canonical import digest
from tocsin.events.decode import NotAnEventError, decode

KINDS = {"tocsin.alert.created"}
DETECTION_FINDING = 2004
_SCHEMA = r"^https://schema\.ocsf\.io/1\."
_MOST = 2**63 - 1
WholeNumber = Annotated[int, Field(ge=0, le=_MOST, strict=True)]


def _storable(text: str) -> str:
    """Without zeroes, which PostgreSQL keeps in no text."""
    return text.replace("\0", "?")


Words = Annotated[str, AfterValidator(_storable)]
AlertName = Annotated[Words, Field(min_length=1, max_length=300)]


class UnreadableError(ValueError):
    """The bytes are no alert of a form that is known."""


@dataclass(frozen=True, slots=True)
class Received:
    """What the store needs of an alert. `key` is empty without `dedup`, and `window` 0."""

    id: str
    detection: str
    version: int
    release: int
    environment: str
    title: str
    severity: int
    time: int
    made: int
    body: bytes
    key: str = ""
    by: dict[str, Any] = field(default_factory=dict)
    window: int = 0

    def finding_id(self) -> str:
        """The id of a finding that this alert opens."""
        return digest({"detection": self.detection, "key": self.key, "first": self.id})[:32]


class _Form(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class _Dedup(_Form):
    key: AlertName
    by: dict[str, Any]
    for_ms: Annotated[int, Field(ge=1, le=_MOST)]


class _Tocsin(_Form):
    detection: AlertName
    version: WholeNumber = 0
    release: WholeNumber = 0
    environment: AlertName
    dedup: _Dedup | None = None


class _Unmapped(_Form):
    tocsin: _Tocsin


class _Data(_Form):
    class_uid: Annotated[int, Field(ge=DETECTION_FINDING, le=DETECTION_FINDING)]
    message: Words
    severity_id: WholeNumber
    time: WholeNumber
    start_time: WholeNumber | None = None
    end_time: WholeNumber | None = None
    unmapped: _Unmapped


class _Envelope(_Form):
    specversion: Literal["1.0"]
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    type: str
    dataschema: Annotated[str, Field(pattern=_SCHEMA)]
    data: _Data


def received(body: bytes) -> Received:
    """The alert in these bytes. Raises UnreadableError saying why it is none."""
    try:
        told = _Envelope.model_validate(decode(body))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "all of it"
        raise UnreadableError(f"{place}: {first['msg']}") from None
    except NotAnEventError as error:
        raise UnreadableError(str(error)) from None
    if told.type not in KINDS:
        raise UnreadableError(f"an event of type {told.type!r} is not an alert")
    return _received(told, body)


def _received(told: _Envelope, body: bytes) -> Received:
    data, own = told.data, told.data.unmapped.tocsin
    time = next((t for t in (data.end_time, data.start_time) if t is not None), data.time)
    dedup = own.dedup or _Dedup.model_construct(key="", by={}, for_ms=0)
    return Received(
        id=told.id,
        detection=own.detection,
        version=own.version,
        release=own.release,
        environment=own.environment,
        title=data.message,
        severity=data.severity_id,
        time=time,
        made=data.time,
        body=body,
        key=dedup.key,
        by=dedup.by,
        window=dedup.for_ms,
    )
