"""What is told of a release, of drift, and of the persons who had to do with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tocsin.site.history.model.detection import EntryChange
from tocsin.site.history.model.period import SignatureState
from tocsin.state.consent import Consent
from tocsin.state.facts import ReleaseFacts
from tocsin.state.release import Revision


@dataclass(frozen=True, slots=True)
class SignedApproval:
    """An approval that a release stores. `fits`: whether it is one of the plan carried out.

    None in `fits`: the plan or the approval cannot be read. `reason`, `until`: of an emergency.
    """

    path: str
    digest: str
    reviewer: str
    at: str
    review: str
    head: str
    reason: str
    until: str
    fits: bool | None
    standing: SignatureState


@dataclass(frozen=True, slots=True)
class LaterReview:
    """Whether others agreed with an emergency afterwards, by when they had to, and who did.

    `reviewed`: when as many had as the policy asks for, empty for not yet; then `missing` says what
    it waits for.
    """

    due: str
    standing: Literal["in-time", "late", "open", "overdue"]
    reviewed: str
    reviewers: tuple[str, ...]
    missing: str

    @property
    def words(self) -> str:
        """All of it, for people."""
        by, at = ", ".join(self.reviewers), _minute(self.reviewed)
        return {
            "in-time": f"by {by} on {at}, in time (due {_minute(self.due)})",
            "late": f"by {by} on {at}, late (due {_minute(self.due)})",
            "open": f"not yet (due {_minute(self.due)}): {self.missing}",
            "overdue": f"no, though due {_minute(self.due)}: {self.missing}",
        }[self.standing]


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")


@dataclass(frozen=True, slots=True)
class ReleaseHistory:
    """One release: its record, and what is derived from it.

    `digest`: SHA-256 of `release.json`. `claimed`: names given with `--approved-by`. `wrote`,
    `reviewed`, `applied`: persons, as the trust file names them where one is given; None: no
    record. `facts` is None in form 1. `objections`: in what it did not meet its policy; None where
    that was not checked. `later`: the review of an emergency afterwards; None where none
    was asked for, or nobody checked. `events`: numbers of those that it brought.
    """

    number: int
    commit: str
    digest: str
    made: str
    who: str
    reason: str
    form: int
    parent: str
    source: Revision
    plan: str
    content: str
    consent: Consent | None
    approvals: tuple[SignedApproval, ...]
    claimed: tuple[str, ...]
    wrote: tuple[str, ...] | None
    reviewed: tuple[str, ...] | None
    applied: str
    changes: tuple[EntryChange, ...]
    live: int
    shadow: int
    muted: int
    cases: int | None
    facts: ReleaseFacts | None
    tools: Mapping[str, str]
    signature: SignatureState
    objections: tuple[str, ...] | None
    later: LaterReview | None
    events: tuple[int, ...]

    @property
    def reviewed_later(self) -> str | None:
        """Of an emergency: whether others reviewed it afterwards. None: no record."""
        if self.later:
            return self.later.words
        return None if self.objections is None else "not asked for"


@dataclass(frozen=True, slots=True)
class DriftHistory:
    """What did not run as released, and the release that mended it, 0 if none did until the end."""

    found: str
    release: int
    number: int
    what: tuple[str, ...]
    mended: str
    by: int


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """A person and the numbers of the releases that they wrote, reviewed, applied.

    `names`: all that records say of them. `claimed`: named with `--approved-by`, unsigned.
    """

    name: str
    names: tuple[str, ...]
    wrote: tuple[int, ...]
    reviewed: tuple[int, ...]
    applied: tuple[int, ...]
    claimed: tuple[int, ...]
