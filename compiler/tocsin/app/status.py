"""What is deployed in an environment, and whether it still runs as released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from tocsin.app.afterwards import known_awaiting
from tocsin.app.environment import OpenEnvironment
from tocsin.plan.afterwards import Emergency, overdue
from tocsin.plan.build import drift_of, foreign_paths
from tocsin.release.finding import Finding, Tally
from tocsin.release.mute import Mute
from tocsin.state.active_mutes import active_mutes
from tocsin.state.live import Live
from tocsin.state.release import Release


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """Health and drift; `release` is the last one, `observed` whether anything could be seen.

    `mutes`: those that are not over, by the detection's key. `emergencies`: those that others have
    not reviewed yet; `overdue`: those that should
    have been, in words.
    """

    environment: str
    kind: str
    observed: bool
    interrupted: bool
    drift: tuple[dict[str, str], ...]
    findings: tuple[Finding, ...]
    tallies: tuple[Tally, ...]
    release: Release | None
    mutes: Sequence[tuple[str, Mute]] = ()
    emergencies: Sequence[Emergency] = ()
    overdue: Sequence[str] = ()

    @property
    def ok(self) -> bool:
        """Whether everything runs as released, and no review is overdue."""
        return not (self.drift or self.findings or self.interrupted or self.overdue)

    def as_json(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "environment": self.environment,
            "kind": self.kind,
            "observed": self.observed,
            "interrupted": self.interrupted,
            "drift": list(self.drift),
            "findings": [asdict(finding) for finding in self.findings],
            "tallies": [asdict(tally) for tally in self.tallies],
            "muted": [{"key": key, **asdict(mute)} for key, mute in self.mutes],
            "emergencies": [each.as_json() for each in self.emergencies],
            "release": self.release.record if self.release else None,
        }


def status_of(opened: OpenEnvironment) -> EnvironmentStatus:
    """The status according to the ledger and the target."""
    last, live = opened.ledger.last(), opened.observe()
    waiting = known_awaiting(opened)
    return EnvironmentStatus(
        environment=opened.name,
        kind=opened.settings.kind,
        observed=live is not None,
        interrupted=opened.interrupted,
        drift=tuple(drift(last, live)),
        findings=live.findings if live else (),
        tallies=live.tallies if live else (),
        release=last,
        mutes=active_mutes(last),
        emergencies=waiting,
        overdue=overdue(waiting, datetime.now(UTC)),
    )


def drift(last: Release | None, live: Live | None) -> list[dict[str, str]]:
    """The differences between the live state and the last release."""
    entries = {e.id: e for e in last.entries} if last else {}
    found = [
        {"key": e.key, "path": e.path, "drift": str(what)}
        for e in entries.values()
        if (what := drift_of(e, live))
    ]
    return found + [
        {"key": "", "path": path, "drift": "foreign"} for path in foreign_paths(entries, live)
    ]
