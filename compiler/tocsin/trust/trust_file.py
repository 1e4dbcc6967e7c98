"""The trust file: whose keys count, for what, where and when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from tocsin import gate, toml
from tocsin.errors import ConfigError, TocsinError
from tocsin.trust.dsse import Envelope
from tocsin.trust.keys import PublicKey

MAX_BYTES = gate.MIB
KeyRole = Literal["release", "approve", "checkpoint", "site"]
"""What a key may sign: releases, approvals, checkpoints of a ledger, sites made from it."""
_DAY = 10
_PRIVATE = (
    (re.compile(r"(?:\d+\+)?([a-z0-9-]+)@users\.noreply\.github\.com"), "github"),
    (re.compile(r"(?:\d+-)?([a-z0-9._-]+)@users\.noreply\.gitlab\.com"), "gitlab"),
)


class UntrustedError(TocsinError):
    """A signature that does not count, and why."""

    code = "untrusted"


def _checked(text: str) -> str:
    return PublicKey.parse(text).line


class TrustedKey(BaseModel):
    """A public key that counts for these roles, in these environments (none: in all), then.

    `person`: whose it is. Without, it is a service's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    public: Annotated[str, AfterValidator(_checked)]
    roles: frozenset[KeyRole] = Field(min_length=1)
    person: str = ""
    environments: frozenset[str] = frozenset()
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None

    @property
    def id(self) -> str:
        """The fingerprint."""
        return PublicKey(self.public).id

    @property
    def name(self) -> str:
        """What people are told it is."""
        return f"{self.person} ({self.id})" if self.person else self.id


@dataclass(frozen=True, slots=True)
class Use:
    """What a signature is to be good for."""

    role: KeyRole
    environment: str
    at: datetime


class Trust(BaseModel):
    """The file. `people`: by the name that keys and policies use, the other names of each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: tuple[TrustedKey, ...] = ()
    people: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)

    def signer(self, envelope: Envelope, kind: str, use: Use) -> TrustedKey:
        """Whose signature counts. Raises UntrustedError that says why none does."""
        if envelope.kind != kind:
            raise UntrustedError(f"it is a signature of {envelope.kind}, not of {kind}")
        reasons = ["it has no signature"]
        for signature in envelope.signatures:
            known = [key for key in self.keys if key.id == signature.key]
            for key in known:
                right = PublicKey(key.public).verifies(signature.data, envelope.signed)
                why = _against(key, use) if right else f"the signature of {key.name} does not fit"
                if not why:
                    return key
                reasons.append(why)
            if not known:
                reasons.append(f"the key {signature.key[:60]!r} is in no trust file given here")
        raise UntrustedError(reasons[-1])

    def person(self, name: str) -> str:
        """The person of this name, login or address; the name itself where nobody has it."""
        return self._person(name) or name.casefold().strip()

    def knows(self, name: str) -> bool:
        """Whether `people` has somebody of this name, login or address."""
        return bool(self._person(name))

    def _person(self, name: str) -> str:
        wanted = {name.casefold().strip(), login_of(name)}
        for person, others in self.people.items():
            if wanted & {each.casefold() for each in (person, *others)}:
                return person
        return ""

    @property
    def everybody(self) -> frozenset[str]:
        """All persons that it names."""
        return self.people_of((*self.people, *(key.person for key in self.keys if key.person)))

    def people_of(self, names: Iterable[str]) -> frozenset[str]:
        """The persons of these names."""
        return frozenset(map(self.person, names))


def login_of(address: str) -> str:
    """The login of whoever keeps the own address private on a forge; the text itself for others.

    Logins stand behind the name of their forge: on it anybody may call themselves `ada`.
    """
    told = address.casefold().strip()
    for private, forge in _PRIVATE:
        if found := private.fullmatch(told):
            return f"{forge}:{found[1]}"
    return told


def read_trust(path: Path) -> Trust:
    """The trust file. Raises ConfigError that says what is wrong with it."""
    return parse_trust(gate.read(path, MAX_BYTES), str(path))


def parse_trust(data: bytes, name: str) -> Trust:
    """The trust file in these bytes. Raises ConfigError, naming it."""
    hint = "docs/trust.md shows one"
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        message = f"{name} is not UTF-8 text: {error.reason}"
        raise ConfigError(message, hint=hint, file=name) from None
    given = toml.load(text, name, hint)
    try:
        return Trust.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "all of it"
        at = toml.place(text, first["loc"])
        raise toml.wrong(f"{where}: {first['msg']}", name, at, hint) from None


def _against(key: TrustedKey, use: Use) -> str:
    """Why a key does not count for this, empty if it does."""
    if use.role not in key.roles:
        return f"the key of {key.name} has the roles {', '.join(sorted(key.roles))}, not {use.role}"
    if key.environments and use.environment not in key.environments:
        of = ", ".join(sorted(key.environments))
        return f"the key of {key.name} is for {of}, not for {use.environment}"
    if key.since and use.at < key.since:
        return f"the key of {key.name} counts from {key.since.isoformat()[:_DAY]} on"
    if key.until and use.at >= key.until:
        return f"the key of {key.name} counted until {key.until.isoformat()[:_DAY]}"
    return ""
