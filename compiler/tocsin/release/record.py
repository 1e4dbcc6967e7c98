"""The record of a release: what is live, which canary runs, whose matches count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import not_
from typing import Annotated, ClassVar, Literal

import orjson
from pydantic import ConfigDict, FailFast, Field, TypeAdapter, ValidationError

from tocsin.errors import ConfigError
from tocsin.release.cutover import Cutover
from tocsin.release.entry import FORBID_UNKNOWN, Entry, Whole
from tocsin.release.mute import MutedUntil

Entries = Annotated[tuple[Entry, ...], FailFast()]
"""A damaged record is told by its first fault: it may hold millions."""
Mutes = Annotated[MutedUntil, Field(exclude_if=not_)]
"""Only in records that have any: workers of versions without mutes read the others."""
MOST_NAMES = 10_000
"""In one object of a record: each that is unknown would be a fault of its own."""

REPAIR = "`tocsin plan` shows the drift, `tocsin apply` repairs it"
"""The hint where a record is damaged."""


@dataclass(frozen=True, slots=True)
class Canary:
    """Detections of a new release, on a share (0 to 1) of each topic's partitions."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    release: Whole
    detections: Entries
    share: Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Previous:
    """The previous release, as long as the rollout can be reverted."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    release: Whole
    detections: Entries
    mutes: Mutes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """The detections of a release, and at most one canary beside them.

    `starts`: where workers begin in topics that they never read, in milliseconds since 1970; 0: at
    the first event that there is. `mutes`: until when detections, by id, raise no alerts. In its
    bytes stand the older words `trial` and `cuts`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    environment: str
    release: Whole
    detections: Entries = ()
    canary: Annotated[Canary | None, Field(alias="trial")] = None
    previous: Previous | None = None
    cutovers: Annotated[tuple[Cutover, ...], FailFast(), Field(alias="cuts")] = ()
    starts: Mapping[str, Whole] = field(default_factory=dict)
    mutes: Mutes = field(default_factory=dict)
    form: Literal[2] = 2

    def before(self, release: int) -> tuple[Entry, ...]:
        """The detections that this release follows, also if it is live already."""
        if self.previous and self.release == release:
            return self.previous.detections
        return self.detections

    def encode(self) -> bytes:
        """JSON; equal records give equal bytes."""
        return _RECORD.dump_json(self, by_alias=True)

    @classmethod
    def decode(cls, data: bytes) -> ReleaseRecord:
        """The record in the first line of these bytes; below it may stand a signature.

        Raises ConfigError saying what is wrong with it.
        """
        data = data.partition(b"\n")[0]
        if _has_too_many_names(data):
            raise ConfigError(
                f"the release record cannot be read: over {MOST_NAMES} names in an object",
                hint=REPAIR,
            )
        try:
            return _RECORD.validate_json(data)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"])) or "all of it"
            raise ConfigError(
                f"the release record cannot be read: {place}: {first['msg']}", hint=REPAIR
            ) from None


_RECORD = TypeAdapter(ReleaseRecord)


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
