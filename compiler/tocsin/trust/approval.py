"""Approvals: what somebody says of one plan for one environment, signed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, StringConstraints, TypeAdapter, ValidationError

from tocsin import gate
from tocsin.canonical import plain_bytes
from tocsin.parse_errors import first_line
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import SigningKey
from tocsin.trust.trust_file import Trust, UntrustedError, Use

KIND = "application/vnd.tocsin.approval+json"
_Text = Annotated[str, StringConstraints(max_length=1000)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Approval:
    """Whoever is the `reviewer` agrees with a plan, made from the release in the commit `base`.

    `plan`: its identity, or what it is intended to do to that release, where nothing was observed.
    `review`: its address where reviews are kept; `head`: the commit that was looked at; `at` and
    `until` are ISO 8601. `reason` and `until` make it one for an emergency: it alone is enough,
    until then.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    project: _Name
    environment: _Name
    plan: _Name
    base: _Text
    reviewer: _Name
    at: _Name
    review: _Text = ""
    head: _Text = ""
    reason: _Text = ""
    until: _Text = ""

    @property
    def emergency(self) -> bool:
        """Whether it breaks the glass."""
        return bool(self.until)

    @property
    def made(self) -> datetime:
        """When, by its own word."""
        return datetime.fromisoformat(self.at)

    def signed(self, key: SigningKey) -> bytes:
        """The bytes of a file with it."""
        told = {name: value for name, value in asdict(self).items() if value}
        return Envelope(KIND, plain_bytes({"base": "", **told})).by(key).encode()


def read_approval(data: bytes, trust: Trust) -> Approval:
    """The approval in the bytes of a file. Raises UntrustedError where nobody vouches for it.

    A person's key vouches for that person only, a service's for those whose other names the trust
    file has: on a forge anybody can review.
    """
    approval, envelope = _decoded(data)
    key = trust.signer(envelope, KIND, Use("approve", approval.environment, approval.made))
    if key.person and trust.person(key.person) != trust.person(approval.reviewer):
        raise UntrustedError(f"{key.name} signed for {approval.reviewer}")
    if not key.person and not trust.knows(approval.reviewer):
        raise UntrustedError(f"the trust file has no person {approval.reviewer}")
    return approval


def claimed(data: bytes) -> Approval:
    """The approval in the bytes of a file, whether or not anybody vouches for it.

    Raises UntrustedError where it is none.
    """
    return _decoded(data)[0]


def _decoded(data: bytes) -> tuple[Approval, Envelope]:
    try:
        envelope = Envelope.decode(data)
        given: Any = gate.loads(envelope.payload)
        approval = _APPROVAL.validate_python(given)
        times = [datetime.fromisoformat(each) for each in (approval.at, approval.until) if each]
    except (ValueError, ValidationError) as error:
        raise UntrustedError(f"it is not an approval: {first_line(error)}") from None
    if any(each.tzinfo is None for each in times):
        raise UntrustedError("it is not an approval: a time without its offset from UTC")
    return approval, envelope


_APPROVAL = TypeAdapter(Approval)
