"""Findings about an environment: differences from its release, and what was not counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from tocsin.plural import plural
from tocsin.release.entry import FORBID_UNKNOWN

ISOLATED = "detection-isolated"
"""Kind of the finding that a detection, its `subject` by key, fails or takes too long."""

MUTED = "matched and raised no alert (muted)"
"""The reason of a tally of matches."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that runs otherwise than the ledger says.

    `kind` is a stable word in kebab case (`job-missing`, `worker-behind`), `subject` the name of
    the job, worker, topic or artifact, `cure` what mends it. `by_hand`: no apply does.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    kind: str
    subject: str
    detail: str = ""
    cure: str = ""
    by_hand: bool = False

    @property
    def words(self) -> str:
        """All of it in one line."""
        detail = f": {self.detail}" if self.detail else ""
        cure = f" ({self.cure})" if self.cure else ""
        return f"{self.kind.replace('-', ' ')}: {self.subject}{detail}{cure}"


@dataclass(frozen=True, slots=True)
class Tally:
    """So many events that match a detection tell no time, or do not count for a correlation.

    `subject` is the detection's key or a source's name, `reason` one of `tocsin.ir.stream`, or that
    it was muted.
    """

    subject: str
    reason: str
    events: int

    @property
    def words(self) -> str:
        """All of it in one line."""
        return f"{plural(self.events, 'event')} {self.reason}: {self.subject}"
