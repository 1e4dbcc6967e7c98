"""What happened in an environment besides releases: the lines of `events.jsonl` in its ledger.

Each names the digest of the line before it, so that none can be changed or taken out later without
those after it. docs/audit.md lists the kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from tocsin import gate
from tocsin.canonical import digest_bytes, plain_bytes
from tocsin.errors import LedgerError
from tocsin.parse_errors import first_line
from tocsin.release.entry import FORBID_UNKNOWN, Whole
from tocsin.release.moment import Moment

FILE = "events.jsonl"
ENVELOPE = "events.dsse.json"
"""The file beside it with the signature of its bytes."""
SIGNED_KIND = "application/vnd.tocsin.events+json"
MOST_LISTED = 100
"""So many things does an event name; `number` says how many there were."""

MOST_APPROVAL = 64 * 1024
"""The length of an approval that an event holds."""

Command = Literal["apply", "promote", "rollback", "mute", "unmute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEvent:
    """What all kinds have. The ledger fills it in when it takes the event.

    `n` counts from 1; `previous` is the SHA-256 of the line before without its line break, empty
    for the first; `at` is UTC, ISO 8601; `run` is that of CI, as an address.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    n: Annotated[Whole, Field(ge=1)] = 1
    previous: str = ""
    at: Moment = "1970-01-01T00:00:00+00:00"
    who: str = ""
    run: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(LedgerEvent):
    """A command that did not become a release.

    `base`: the release that it started from, 0 for none; `plan`: the plan's digest, empty where it
    came to none; `counts`: how many detections it would have added, changed …; `code` and `message`
    are those of the error.
    """

    kind: Literal["attempt"] = "attempt"
    command: Command
    outcome: Literal["refused", "failed", "reverted"]
    detection: str = ""
    base: Whole = 0
    plan: str = ""
    counts: dict[str, Whole] = field(default_factory=dict)
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted(LedgerEvent):
    """An apply that was killed, and then finished as a release, or dropped (`release` is 0)."""

    kind: Literal["interrupted"] = "interrupted"
    began_by: str
    plan: str
    release: Whole = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFound(LedgerEvent):
    """Where what runs was not as released."""

    kind: Literal["drift-found"] = "drift-found"
    release: Whole
    number: Whole
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftMended(LedgerEvent):
    """What a release put right besides what it changed."""

    kind: Literal["drift-mended"] = "drift-mended"
    release: Whole
    number: Whole
    mended: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedPromotion(LedgerEvent):
    """A detection that went from shadow to live whatever the policy in its file says."""

    kind: Literal["promotion-forced"] = "promotion-forced"
    release: Whole
    detection: str
    version: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteExpired(LedgerEvent):
    """A mute that ended by itself, and that this release is the first to be without."""

    kind: Literal["mute-expired"] = "mute-expired"
    release: Whole
    detection: str
    until: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyDeclared(LedgerEvent):
    """A release that somebody let through alone, as the policy allows in an emergency."""

    kind: Literal["emergency"] = "emergency"
    release: Whole
    reviewers: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyReviewed(LedgerEvent):
    """Somebody agreed afterwards with a release that was let through alone.

    `approval`: the signed statement, as the text of its file.
    """

    kind: Literal["emergency-reviewed"] = "emergency-reviewed"
    release: Whole
    reviewer: str
    approval: Annotated[str, Field(max_length=MOST_APPROVAL)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified(LedgerEvent):
    """A look at the whole ledger, at the commit `head`: what there was, and what was wrong."""

    kind: Literal["verified"] = "verified"
    head: str
    releases: Whole
    artifacts: Whole
    events: Whole
    number: Whole
    findings: tuple[str, ...]


AnyEvent = Annotated[
    Attempt
    | Interrupted
    | DriftFound
    | DriftMended
    | ForcedPromotion
    | MuteExpired
    | EmergencyDeclared
    | EmergencyReviewed
    | Verified,
    Field(discriminator="kind"),
]
EVENTS: TypeAdapter[tuple[AnyEvent, ...]] = TypeAdapter(tuple[AnyEvent, ...])
_EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


def as_json(event: LedgerEvent) -> dict[str, Any]:
    """An event as plain JSON values."""
    return dict(_EVENT.dump_python(event, mode="json"))  # type: ignore[arg-type] # of some kind


def grown(log: bytes, more: Sequence[LedgerEvent], stamp: Mapping[str, str]) -> bytes:
    """The log with these events at its end. `stamp`: their `at`, `who`, `run`, `environment`.

    What stands there is not read, so that a damaged log never stops a release.
    """
    lines = log.removesuffix(b"\n").split(b"\n") if log else []
    for event in more:
        previous = digest_bytes(lines[-1]) if lines else ""
        chained = as_json(event) | {**stamp} | {"n": len(lines) + 1, "previous": previous}
        # Names of files may hold what is no text.
        lines.append(plain_bytes(chained).decode("utf-8", "replace").encode())
    return b"".join(line + b"\n" for line in lines)


def read(log: bytes) -> list[AnyEvent]:
    """The events, oldest first. Raises LedgerError at the first that cannot be read."""
    found: list[AnyEvent] = []
    for number, line in enumerate(log.split(b"\n")[:-1], 1):
        try:
            found.append(_EVENT.validate_python(gate.loads(line)))
        except (ValueError, ValidationError) as bad:
            raise LedgerError(
                f"event {number} of the ledger cannot be read: {first_line(bad)}",
                hint="`tocsin verify` lists what is damaged",
            ) from bad
    return found


def faults(log: bytes, environment: str) -> Iterator[str]:
    """What is wrong with a log: lines that are no events, numbers, digests, the environment."""
    if log and not log.endswith(b"\n"):
        yield "the last event is cut off"
    previous = ""
    for number, line in enumerate(log.split(b"\n")[:-1], 1):
        try:
            [event] = read(line + b"\n")
        except LedgerError as error:
            yield error.message.replace("event 1", f"event {number}", 1)
        else:
            if (event.n, event.previous) != (number, previous):
                yield f"event {number} does not follow the one before it"
            if event.environment != environment:
                yield f"event {number} is of environment {event.environment!r}"
        previous = digest_bytes(line)
