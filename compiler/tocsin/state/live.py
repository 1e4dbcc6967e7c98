"""What is actually deployed in an environment, as observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.canonical import digest
from tocsin.release.finding import Finding, Tally
from tocsin.release.mute import MutedUntil


@dataclass(frozen=True, slots=True)
class LiveArtifact:
    """One artifact found in place; `mode` is empty where the target does not know it."""

    path: str
    digest: str
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """All that was found. `release` is the number the target says it runs, 0 for none.

    `findings`: what runs otherwise than released, though the artifacts may be in place. `tallies`:
    events that do not count, since what runs was started, or in the last run. `mutes`: until when
    detections raise no alerts.
    """

    artifacts: Mapping[str, LiveArtifact] = field(default_factory=dict)
    release: int = 0
    findings: tuple[Finding, ...] = ()
    tallies: tuple[Tally, ...] = ()
    mutes: MutedUntil = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Identity of the artifacts in place; number, findings and tallies pass."""
        return digest([self.artifacts[path] for path in sorted(self.artifacts)])
