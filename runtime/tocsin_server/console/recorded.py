"""What the console asks of those who can read the ledger: what ran, and why it matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tocsin.ir.trace import Trace


class NoRecordError(Exception):
    """The ledger does not tell. Its text is the reason, a sentence."""


@dataclass(frozen=True, slots=True)
class Raised:
    """Which bytes raised an alert, as the alert says it."""

    environment: str
    release: int
    detection: str
    logic: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """A detection in a release.

    `ledger` is the commit of the release, `commit` that of the project which it was made from, and
    `uncommitted` whether there was more than that. `approvers`: whose approvals the release has,
    each with its place where reviews are kept. `emergency`: why nobody had to approve.
    """

    made: str
    who: str
    reason: str
    ledger: str
    commit: str
    uncommitted: bool
    file: str
    artifact: str
    logic: str
    plan: str
    authors: tuple[str, ...]
    approvers: tuple[tuple[str, str], ...]
    emergency: str


@dataclass(frozen=True, slots=True)
class Member:
    """An event in a window: its number among the alert's, its time, the rules that it matches."""

    event: int
    time: int
    rules: tuple[str, ...]
    values: str


@dataclass(frozen=True, slots=True)
class SeenWindow:
    """What a correlation saw when its last event came. `figure`: what it counted."""

    rules: tuple[str, ...]
    begin: int
    end: int
    group: Mapping[str, str]
    figure: str
    asked: str
    holds: bool
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ExplainedAlert:
    """Why an alert was raised: a tree for each rule on each event, and a correlation's window.

    `fields`: the names of all fields that were looked at.
    """

    trees: tuple[tuple[int, Trace], ...]
    window: SeenWindow | None
    fields: tuple[str, ...]


class ReleaseRecords(Protocol):
    """The ledger, as far as it is reachable."""

    def provenance(self, raised: Raised) -> Provenance:
        """Where it comes from. Raises NoRecordError."""

    def explain(self, raised: Raised, events: Sequence[Mapping[str, Any]]) -> ExplainedAlert:
        """The deployed text on these events. Raises NoRecordError."""


class NoRecords:
    """What a server knows that has no ledger at hand."""

    def provenance(self, raised: Raised) -> Provenance:
        """Nothing."""
        raise NoRecordError(f"this server has no ledger of {raised.environment} at hand")

    def explain(self, raised: Raised, _: Sequence[Mapping[str, Any]]) -> ExplainedAlert:
        """Nothing."""
        raise NoRecordError(f"this server has no ledger of {raised.environment} at hand")
