"""The release record in a control topic, signed: whoever can write there says not what runs.

Below the line of the record stands an envelope over its digest, where it is for, and a number that
grows with each: an older record that somebody puts back does not count.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Protocol

from pydantic import ConfigDict, Field, TypeAdapter

from tocsin import gate
from tocsin.canonical import canonical_bytes, digest_bytes
from tocsin.errors import ConfigError, EngineError
from tocsin.parse_errors import first_line
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import SigningKey
from tocsin.trust.trust_file import Trust, UntrustedError, Use

KIND = "application/vnd.tocsin.record+json"
_KEEP_SECONDS = 3600
_LATEST = 253_000_000_000_000
"""Milliseconds since 1970, in a year that has a date."""
_HINT = "`tocsin apply` signs it where the environment has a `signing_key`; see docs/trust.md"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a record is for."""

    project: str
    environment: str


@dataclass(frozen=True, slots=True)
class _Statement:
    """What is signed; `issued` in milliseconds since 1970."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    project: str
    environment: str
    record: str
    issued: Annotated[int, Field(ge=0, le=_LATEST, strict=True)]


_STATEMENT = TypeAdapter(_Statement)


class RecordSigner:
    """Signs the records of one environment."""

    def __init__(self, key: SigningKey, destination: Destination) -> None:
        self._key = key
        self._for = destination

    def sign(self, record: bytes, before: bytes) -> bytes:
        """The record with its signature, issued later than the one that it replaces."""
        now = max(time.time_ns() // 1_000_000, self._issued(before) + 1)
        told = {
            "project": self._for.project,
            "environment": self._for.environment,
            "record": digest_bytes(record),
            "issued": now,
        }
        return record + b"\n" + Envelope(KIND, canonical_bytes(told)).by(self._key).encode()

    def _issued(self, data: bytes) -> int:
        """When what is there was issued; -1 for what this key did not sign."""
        try:
            envelope = Envelope.decode(data.partition(b"\n")[2])
            said = _statement(envelope)
        except ValueError:
            return -1
        own = self._key.public
        right = any(own.verifies(each.data, envelope.signed) for each in envelope.signatures)
        return said.issued if right else -1


class IssuedMemory(Protocol):
    """Keeps the number of the newest record from one process to the next."""

    def read(self) -> int:
        """The number, -1 if none is kept."""

    def write(self, number: int, /) -> None:
        """Keep it."""


class RecordGuard:
    """Lets through what somebody signed whose key counts, and nothing older than it let through."""

    def __init__(
        self, trust: Trust, destination: Destination, memory: IssuedMemory | None = None
    ) -> None:
        self._trust = trust
        self._memory = memory
        self._kept_at: float | None = None
        self._for = destination
        self.issued = memory.read() if memory else -1

    def check(self, data: bytes) -> None:
        """Raises ConfigError for a record that does not count, and says why."""
        try:
            issued = self._checked(data)
        except UntrustedError as error:
            raise ConfigError(
                f"the release record does not count: {error.message}", hint=_HINT
            ) from None
        if issued < self.issued:
            raise ConfigError(
                "the release record does not count: a newer one was there before", hint=_HINT
            )
        self._kept_at = None if issued > self.issued else self._kept_at
        self.issued = issued
        self.remember()

    def remember(self) -> None:
        """Keep the number, also that of long ago: brokers forget groups that nobody uses."""
        now = time.monotonic()
        fresh = self._kept_at is not None and now - self._kept_at < _KEEP_SECONDS
        if self._memory and not fresh:
            with suppress(EngineError):  # the next time will do
                self._memory.write(self.issued)
                self._kept_at = now

    def _checked(self, data: bytes) -> int:
        record, _, signature = data.partition(b"\n")
        if not signature:
            raise UntrustedError("it has no signature")
        try:
            envelope = Envelope.decode(signature)
            said = _statement(envelope)
        except ValueError as error:
            raise UntrustedError(f"its signature cannot be read: {first_line(error)}") from None
        at = datetime.fromtimestamp(said.issued / 1000, UTC)
        self._trust.signer(envelope, KIND, Use("release", self._for.environment, at))
        if Destination(said.project, said.environment) != self._for:
            raise UntrustedError(f"it was signed for {said.environment} of {said.project}")
        if said.record != digest_bytes(record):
            raise UntrustedError("its signature is of another record")
        return said.issued


def _statement(envelope: Envelope) -> _Statement:
    return _STATEMENT.validate_python(gate.loads(envelope.payload))
