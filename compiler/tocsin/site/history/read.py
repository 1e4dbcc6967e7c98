"""From a ledger to all that is told of an environment in a period."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from tocsin.errors import ConfigError
from tocsin.plan.consent_check import UNMET
from tocsin.site.history.afterwards import later_reviews
from tocsin.site.history.controls import controls, mappings
from tocsin.site.history.dates import AskedPeriod, utc
from tocsin.site.history.detections import Setting, detections, trails
from tocsin.site.history.drift import drifts
from tocsin.site.history.evidence import events_proof, evidence
from tocsin.site.history.exceptions import emergencies, forced, of_mutes
from tocsin.site.history.filters import filters
from tocsin.site.history.model import History, Period
from tocsin.site.history.mutes import muted_in, muted_times
from tocsin.site.history.people import People
from tocsin.site.history.presence import Turn
from tocsin.site.history.releases import VerifyLook, case_runs, releases
from tocsin.site.history.sources import sources
from tocsin.site.history.techniques import attack_of, techniques
from tocsin.site.history.walk import Walk, walk
from tocsin.state.git_ledger import GitLedger
from tocsin.state.verify import LedgerFinding
from tocsin.trust.trust_file import Trust

_T = TypeVar("_T")
_K = TypeVar("_K")


def read_history(
    ledger: GitLedger,
    asked: AskedPeriod,
    trust: Trust | None = None,
    findings: Sequence[LedgerFinding] | None = None,
) -> History:
    """All that the ledger tells, up to the end of the period, of which nothing later is known.

    `findings`: those of `verify`, if it was run. Raises LedgerError where the ledger is damaged,
    ConfigError where the environment had no release by then.
    """
    found = walk(ledger, asked.last, trust)
    period, people = _period(found, asked), People(trust)
    of_walk = _own(found, findings, ledger.branch.commits())
    runs = tuple(case_runs(found))
    traces = trails(found)
    changes = [change for trail in traces.values() for change in trail.changes]
    told = releases(
        found,
        VerifyLook(
            people=people,
            trust=trust,
            changes=_grouped(changes, lambda change: change.release),
            runs=_grouped(runs, lambda run: run.release),
            muted=muted_in(found.releases),
            objections=_objections(of_walk) if trust else None,
            later=later_reviews(ledger, found, trust, period.end),
        ),
    )
    first = _first(found, period)
    mutes = muted_times(found.releases)
    of_persons = (*of_mutes(mutes), *emergencies(told), *forced(found.events, changes))
    exceptions = (*of_persons, *filters(found, changes))
    shown = detections(
        found,
        traces,
        Setting(
            first=first,
            until=period.end,
            mutes=_grouped(mutes, lambda mute: mute.detection),
            exceptions=exceptions,
            runs=_grouped(runs, lambda run: run.proof.detection),
        ),
    )
    attack = attack_of(found.releases[-1], found.blobs)
    of_techniques = techniques(attack.attack, shown, first)
    mapped = mappings(found.releases, found.blobs, attack.attack)
    last = found.releases[-1].release
    return History(
        project=last.project,
        environment=last.environment,
        period=period,
        attack=attack,
        releases=told,
        detections=shown,
        techniques=of_techniques,
        sources=sources(found.releases, shown),
        mappings=tuple(each.record for each in mapped),
        controls=controls(mapped, shown, of_techniques),
        persons=people.histories(told),
        exceptions=exceptions,
        drifts=drifts(found.events),
        events=found.events,
        evidence=evidence(found, told, of_walk, events_proof(ledger, found, trust)),
    )


def _period(found: Walk, asked: AskedPeriod) -> Period:
    """Without an end, up to the last thing that is recorded."""
    newest = max([found.releases[-1].made, *(utc(event.at) for event in found.events)])
    begin, end = asked.first or found.releases[0].made, asked.last or newest
    if begin > end:
        raise ConfigError(f"the ledger ends at {end}, before the period begins")
    return Period(begin, end, asked.at)


def _first(found: Walk, period: Period) -> tuple[Turn, ...]:
    """How all was before the releases."""
    made = found.releases[0].made
    there = Turn(made, "absent", 0, "not there yet")
    before = Turn(period.begin, "absent", 0, "no release yet")
    return (before, there) if period.begin < made else (there,)


def _own(
    found: Walk, findings: Sequence[LedgerFinding] | None, commits: Iterable[str]
) -> list[LedgerFinding] | None:
    """Those that are not about later commits."""
    if findings is None:
        return None
    later = {*commits} - {*found.commits}
    return [finding for finding in findings if finding.commit not in later]


def _objections(findings: Iterable[LedgerFinding] | None) -> dict[int, tuple[str, ...]] | None:
    """In what releases did not meet their policies."""
    if findings is None:
        return None
    unmet = [finding for finding in findings if finding.message.startswith(UNMET)]
    told = _grouped(unmet, lambda finding: finding.release)
    return {
        number: tuple(each.message.removeprefix(UNMET) for each in of_release)
        for number, of_release in told.items()
    }


def _grouped(each: Iterable[_T], key: Callable[[_T], _K]) -> dict[_K, tuple[_T, ...]]:
    found: dict[_K, list[_T]] = {}
    for one in each:
        found.setdefault(key(one), []).append(one)
    return {name: tuple(some) for name, some in found.items()}
