"""One detection as a release deploys it, for ledger, plan and targets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from tocsin.model.detection import Dedup
from tocsin.pack import PART_SUFFIX

FORBID_UNKNOWN = ConfigDict(extra="forbid")
MOST = 2**53 - 1
"""The largest number in a record: beyond it, readers of JSON disagree."""
Whole = Annotated[int, Field(ge=0, le=MOST, strict=True)]


class Action(StrEnum):
    """What a release did to one detection."""

    ADDED = "added"
    CHANGED = "changed"
    RECOMPILED = "recompiled"
    SWITCHED = "switched"
    ISOLATED = "isolated"
    DOCUMENTED = "documented"
    REPAIRED = "repaired"
    MUTED = "muted"
    UNMUTED = "unmuted"
    REMOVED = "removed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Entry:
    """One deployed detection.

    `logic`, `artifact` and `meta` are the three digests (64 hex digits); `path` is where the
    artifact lies below `artifacts/`, `file` the rule's file below the project. `sources` and
    `group_by`: what a correlation reads, and the names of its group's keys. `on_change`: what its
    author wants to happen to its state. `beside`: id of the live detection of which this is a newer
    form in shadow. `promoted`: live by the policy in its file, which still says shadow.
    `isolated`: evaluated apart from its neighbours until it changes, since it takes too long. Its
    alerts say what its author wrote, from `title` on, in the words that stand here.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    id: str
    key: str
    version: Whole
    logic: str
    artifact: str
    meta: str
    backend: str
    source: str
    path: str
    title: str
    level: str = ""
    status: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    author: str = ""
    license: str = ""
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    dedup: Dedup | None = None
    playbook: str = ""
    controls: tuple[str, ...] = ()
    file: str = ""
    cases: Whole = 0
    mode: Literal["live", "shadow"] = "live"
    action: Action = Action.UNCHANGED
    sources: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    on_change: Literal["", "keep", "replay", "reset"] = ""
    beside: str = ""
    promoted: bool = False
    isolated: bool = False

    @property
    def packed(self) -> bool:
        """Whether its artifact is a part, where its backend packs parts."""
        return self.path.endswith(f".{PART_SUFFIX}") and not self.stateful

    @property
    def stateful(self) -> bool:
        """Whether it correlates events."""
        return bool(self.sources)


ENTRIES = TypeAdapter(tuple[Entry, ...])
