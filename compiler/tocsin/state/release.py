"""What a release records: the words of the audit trail, as frozen values and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import not_
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from tocsin import gate
from tocsin.canonical import digest
from tocsin.errors import LedgerError
from tocsin.model.source import Source
from tocsin.parse_errors import first_line
from tocsin.release.entry import FORBID_UNKNOWN, Action, Entry, Whole
from tocsin.release.moment import Moment
from tocsin.release.mute import Mute
from tocsin.state.consent import Consent
from tocsin.state.facts import ReleaseFacts

FILE = "release.json"
ENVELOPE = "release.dsse.json"
KIND = "application/vnd.tocsin.release+json"
"""The file beside `release.json` with the signature of its bytes."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The commit that a plan was made from; `dirty` if the project had uncommitted changes."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    commit: str = ""
    dirty: bool = False

    def __str__(self) -> str:
        name = self.commit[:7] or "no commit"
        return f"{name} + uncommitted changes" if self.dirty else name


@dataclass(frozen=True, slots=True)
class Release:
    """The state of an environment after one apply.

    `number` counts from 1; `parent` is the commit of the release before; `made` is UTC, ISO 8601;
    `commit` is where it lies in the ledger and is not part of the record itself.

    Form 2 names what lies beside it: `content`, the digest of the project's files; `beside`, that
    of each other file. `earlier`: detections that are not those of the content, by id, with the
    number of the release in whose content they are. `mutes`: detections that raise no alerts for a
    time; in the record only where there are any, as in older ones.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    number: Annotated[Whole, Field(ge=1)]
    environment: str
    project: str
    parent: str
    made: Moment
    who: str
    reason: str
    plan: str
    source: Revision = Revision()
    entries: tuple[Entry, ...] = ()
    sources: tuple[Source, ...] = ()
    removed: tuple[Entry, ...] = ()
    approvals: tuple[str, ...] = ()
    tools: dict[str, str] = field(default_factory=dict)
    evidence: Any = None
    consent: Consent | None = None
    form: Literal[1, 2] = 1
    content: str = ""
    beside: dict[str, str] = field(default_factory=dict)
    earlier: dict[str, Whole] = field(default_factory=dict)
    facts: ReleaseFacts = field(default_factory=ReleaseFacts)
    mutes: Annotated[tuple[Mute, ...], Field(exclude_if=not_)] = ()
    commit: str = ""

    @property
    def record(self) -> dict[str, Any]:
        """The release as plain JSON values; without `consent` where there is none."""
        record = dict(_RELEASE.dump_python(self, mode="json"))
        return record if self.consent else {k: v for k, v in record.items() if k != "consent"}

    def entry(self, detection: str) -> Entry | None:
        """The entry of the detection with this id."""
        return next((e for e in self.entries if e.id == detection), None)

    @property
    def counts(self) -> dict[Action, int]:
        """How many detections this release added, changed, and so on; zeroes left out."""
        done = [e.action for e in self.entries] + [Action.REMOVED] * len(self.removed)
        return {a: n for a in Action if (n := done.count(a))}


_RELEASE = TypeAdapter(Release)
_SINCE_FORM_2 = ("form", "content", "beside", "earlier", "facts", "mutes")


def encode(release: Release) -> bytes:
    """The bytes of `release.json`: indented for readers, sealed with the digest of the rest."""
    record = release.record
    del record["commit"]
    if release.form == 1:
        record = {name: value for name, value in record.items() if name not in _SINCE_FORM_2}
    sealed = {**record, "seal": digest(record)}
    return json.dumps(sealed, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def decode(data: bytes, commit: str) -> Release:
    """The release in these bytes. Raises LedgerError if they are not a release."""
    try:
        record = gate.loads(data)
        record.pop("seal", None)
        return release_of(record, commit)
    except (ValueError, AttributeError, TypeError, ValidationError) as bad:
        raise unreadable(commit, bad) from bad


def unreadable(commit: str, bad: Exception) -> LedgerError:
    """That the release in a commit is none."""
    message = f"the release in commit {commit[:12]} cannot be read: {first_line(bad)}"
    return LedgerError(message, hint="`tocsin verify` lists what is damaged")


def release_of(record: Mapping[str, Any], commit: str) -> Release:
    """The release in the plain values of a record. Raises ValidationError."""
    return _RELEASE.validate_python({**record, "commit": commit})


def sealed(data: bytes) -> bool:
    """Whether the seal in these bytes of `release.json` fits the rest."""
    record = json.loads(data)
    return bool(record.pop("seal", None) == digest(record))
