"""An alert: identity, OCSF Detection Finding, CloudEvents envelope.

Shapes: OCSF 1.5.0 class 2004, CloudEvents 1.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin import __version__
from tocsin.canonical import digest
from tocsin.ir.evidence import MOST_BYTES, MOST_EVENTS
from tocsin.ir.times import millis_text
from tocsin_runtime.alerts.dedup import same
from tocsin_runtime.stream.deployment import Described

OCSF_VERSION = "1.5.0"

SEVERITIES: Mapping[str, tuple[int, str]] = {
    "informational": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
"""Sigma's levels as OCSF's severities."""

_UNKNOWN = (0, "Unknown")


@dataclass(frozen=True, slots=True)
class Origin:
    """Which deployment raises alerts."""

    project: str
    environment: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an alert rests on: events by id, the group they belong to, their span in time.

    Of a correlation: the newest events of its window, the completing one last, of `event_count`.

    Times are milliseconds since 1970 UTC, None where the events tell none. `last`: the event that
    matched, or completed the correlation, if it is at hand.
    """

    logic: str
    source: str
    event_ids: tuple[str, ...]
    event_count: int = 1
    events: tuple[Mapping[str, Any], ...] = ()
    group_key: tuple[tuple[str, str], ...] = ()
    start: int | None = None
    end: int | None = None
    last: Mapping[str, Any] | None = None


def alert_id(detection: str, evidence: Evidence) -> str:
    """Identity of an alert: the same detection on the same events is the same alert."""
    return digest(
        {
            "detection": detection,
            "logic": evidence.logic,
            "group_key": evidence.group_key,
            "event_ids": evidence.event_ids,
            "event_count": evidence.event_count,
        }
    )


def bounded(events: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The newest of these, as many as an alert shows; one that is too large hides those before."""
    kept: list[Mapping[str, Any]] = []
    size = 0
    for event in reversed(events[-MOST_EVENTS:]):
        size += len(json.dumps(event))
        if size > MOST_BYTES:
            break
        kept.append(event)
    return tuple(reversed(kept))


def alert(described: Described, origin: Origin, evidence: Evidence, now: int) -> dict[str, Any]:
    """The alert, made at `now` (milliseconds since 1970 UTC)."""
    identity = alert_id(described.id, evidence)
    return {
        "specversion": "1.0",
        "id": identity,
        "source": f"/tocsin/{origin.project}/{origin.environment}",
        "type": "tocsin.alert.created",
        "subject": described.id,
        "time": millis_text(now),
        "datacontenttype": "application/json",
        "dataschema": f"https://schema.ocsf.io/{OCSF_VERSION}/classes/detection_finding",
        "data": finding(identity, described, origin, evidence, now),
    }


def finding(
    identity: str, described: Described, origin: Origin, evidence: Evidence, now: int
) -> dict[str, Any]:
    """The Detection Finding: `time` is when it was made, `start_time` and `end_time` the events."""
    severity_id, severity = SEVERITIES.get(described.level, _UNKNOWN)
    times = {"start_time": evidence.start, "end_time": evidence.end}
    return {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200401,
        "type_name": "Detection Finding: Create",
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
        "is_alert": True,
        "time": now,
        **{key: time for key, time in times.items() if time is not None},
        "message": described.title,
        "metadata": _metadata(identity, evidence),
        "finding_info": _finding_info(identity, described, evidence, now),
        "evidences": [{"data": event} for event in evidence.events],
        "unmapped": {"tocsin": _unmapped(described, origin, evidence)},
    }


def _metadata(identity: str, evidence: Evidence) -> dict[str, Any]:
    return {
        "version": OCSF_VERSION,
        "product": {"name": "Tocsin", "vendor_name": "Tocsin", "version": __version__},
        "uid": identity,
        "log_name": evidence.source,
    }


def _finding_info(
    identity: str, described: Described, evidence: Evidence, now: int
) -> dict[str, Any]:
    version = {"version": str(described.version)} if described.version else {}
    analytic = {"type_id": 1, "type": "Rule", "uid": described.id, "name": described.title}
    info = {
        "uid": identity,
        "title": described.title,
        "desc": described.description,
        "created_time": now,
        "analytic": {**analytic, **version},
        "attacks": _attacks(described.tags),
        "related_events": [{"uid": each} for each in evidence.event_ids],
        "related_events_count": evidence.event_count,
    }
    return {key: value for key, value in info.items() if value not in ("", [])}


def _attacks(tags: Sequence[str]) -> list[dict[str, Any]]:
    """One entry a technique; a sub-technique names its technique as well."""
    techniques = (t.removeprefix("attack.").upper() for t in tags if t.startswith("attack.t"))
    return [_attack(t) for t in techniques if t[1:5].isdigit()]


def _attack(technique: str) -> dict[str, Any]:
    parent, _, sub = technique.partition(".")
    below = {"sub_technique": {"uid": technique}} if sub else {}
    return {"technique": {"uid": parent}, **below}


def _unmapped(described: Described, origin: Origin, evidence: Evidence) -> dict[str, Any]:
    return {
        "project": origin.project,
        "environment": origin.environment,
        "detection": described.id,
        "version": described.version,
        "release": described.release,
        "logic": evidence.logic,
        "source": evidence.source,
        "event_ids": list(evidence.event_ids),
        "event_count": evidence.event_count,
        "group_key": dict(evidence.group_key),
        **_dedup(described, evidence),
        **({"playbook": described.playbook} if described.playbook else {}),
        "author": described.author,
        "license": described.license,
        "owner": described.owner,
        "status": described.status,
        "tags": list(described.tags),
        "references": list(described.references),
        "falsepositives": list(described.falsepositives),
    }


def _dedup(described: Described, evidence: Evidence) -> dict[str, Any]:
    if described.dedup is None:
        return {}
    group = dict(evidence.group_key)
    return {"dedup": same(described.id, described.dedup, evidence.last, group)}
