"""The record of a release: what is live, what is on trial, whose matches count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import orjson
from pydantic import ConfigDict, FailFast, Field, TypeAdapter, ValidationError

from tocsin.backend.fleet import Cut
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.model.entry import FORBID_UNKNOWN, Entry, Whole
from tocsin_runtime.control.reader import missing
from tocsin_runtime.control.topic import RELEASE, artifact_key
from tocsin_runtime.stream.deployment import Deployed, Deployment, deployed

Entries = Annotated[tuple[Entry, ...], FailFast()]
"""A damaged record is told by its first fault: it may hold millions."""
MOST_NAMES = 10_000
"""In one object of a record: each that is unknown would be a fault of its own."""

_HINT = "`tocsin plan` shows drift, `tocsin apply` mends it"


@dataclass(frozen=True, slots=True)
class Trial:
    """Detections of a coming release, on a share (0 to 1) of each topic's partitions."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    release: Whole
    detections: Entries
    share: Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Previous:
    """The release before, while there is a way back to it."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    release: Whole
    detections: Entries


@dataclass(frozen=True, slots=True)
class ReleaseTable:
    """The detections of a release, and at most one trial beside them.

    `starts`: where workers begin in topics that they never read, in milliseconds since 1970; 0: at
    the first event that there is.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    environment: str
    release: Whole
    detections: Entries = ()
    trial: Trial | None = None
    previous: Previous | None = None
    cuts: Annotated[tuple[Cut, ...], FailFast()] = ()
    starts: Mapping[str, Whole] = field(default_factory=dict)
    form: Literal[2] = 2

    def before(self, release: int) -> tuple[Entry, ...]:
        """The detections that this release follows, also if it is live already."""
        if self.previous and self.release == release:
            return self.previous.detections
        return self.detections

    def encode(self) -> bytes:
        """JSON; equal tables give equal bytes."""
        return _TABLE.dump_json(self)

    @classmethod
    def decode(cls, data: bytes) -> ReleaseTable:
        """The table in these bytes. Raises ConfigError saying what is wrong with them."""
        if _has_too_many_names(data):
            raise ConfigError(
                f"the release record cannot be read: over {MOST_NAMES} names in an object",
                hint=_HINT,
            )
        try:
            return _TABLE.validate_json(data)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"])) or "all of it"
            raise ConfigError(
                f"the release record cannot be read: {place}: {first['msg']}", hint=_HINT
            ) from None

    @classmethod
    def of(cls, records: Mapping[str, bytes], topic: str) -> ReleaseTable:
        """The table among the records of a control topic.

        Raises ConfigError if there is none, it is damaged, or it is of another environment.
        """
        data = records.get(RELEASE)
        if data is None:
            raise missing(topic)
        table = cls.decode(data)
        if not topic.endswith(f".{table.environment}"):
            raise ConfigError(
                f"the release record of {topic} is of environment {table.environment}", hint=_HINT
            )
        return table


_TABLE = TypeAdapter(ReleaseTable)


def _has_too_many_names(data: bytes) -> bool:
    """Whether an object of this JSON has; what is no JSON has none."""
    try:
        left = [orjson.loads(data)]
    except orjson.JSONDecodeError:
        return False
    while left:
        each = left.pop()
        if isinstance(each, dict):
            if len(each) > MOST_NAMES:
                return True
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)
    return False


def deployment(
    release: int, detections: Iterable[Entry], records: Mapping[str, bytes]
) -> Deployment:
    """These detections with their bytes among the records of a control topic.

    Raises ConfigError if an artifact is missing or not what was released.
    """
    return Deployment(release, tuple(_deployed(each, release, records) for each in detections))


def _deployed(entry: Entry, release: int, records: Mapping[str, bytes]) -> Deployed:
    body = records.get(artifact_key(entry.artifact))
    if body is None:
        raise _lost(entry, "is missing")
    if digest_bytes(body) != entry.artifact:
        raise _lost(entry, "is not what was released")
    return deployed(entry, body, release)


def _lost(entry: Entry, why: str) -> ConfigError:
    return ConfigError(
        f"artifact {entry.artifact[:12]} of {entry.key} {why} in the control topic", hint=_HINT
    )
