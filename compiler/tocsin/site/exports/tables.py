"""The tables of a site, each a file `data/<name>.csv`. What has a time is that of the period."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin.site.exports import records, subjects
from tocsin.site.exports.records import in_period
from tocsin.site.exports.samples import change_name
from tocsin.site.exports.table import CsvTable
from tocsin.site.history.model import History, ReleaseHistory

_DETECTION = (
    *("id", "key", "title", "state", "level", "status", "owner", "source", "logsource", "file"),
    *("version", "techniques", "controls", "cases", "seconds_live", "changes"),
    *("logic", "artifact", "data_seen", "fired", "canary_proven"),
)
_TECHNIQUE = ("id", "name", "tactics", "parent", "live", "detections", "seconds_live", "gaps")
_RELEASE = (
    *("number", "made", "commit", "digest", "reason", "who", "wrote", "reviewed", "applied"),
    *(
        "claimed",
        "emergency",
        "later_review",
        "objections",
        "signed",
        "source_commit",
        "dirty",
        "plan",
    ),
    *("live", "shadow", "muted", "actions", "weakening", "run", "seconds", "checks"),
)
_CHANGE = (
    *("change", "release", "at", "commit", "digest", "detection", "key", "title", "action"),
    *("version", "mode", "direction", "weakens", "attributes"),
)
_APPROVAL = (
    *("release", "plan", "kind", "reviewer", "at", "review", "head", "fits", "signature"),
    *("reason", "until", "path", "digest"),
)
_TEST = (
    *("detection", "key", "case", "engine", "version", "verdict", "release", "at"),
    *("input", "output", "seconds", "kept"),
)
_EXCEPTION = (
    *("kind", "detection", "title", "owner", "reason", "begin", "end", "ticket", "release"),
)
_ATTEMPT = (
    *("n", "at", "who", "kind", "command", "outcome", "detection", "base", "plan", "counts"),
    *("code", "message", "run"),
)
_CONTROL = (
    *("catalogue", "catalogue_version", "control", "name", "detection", "key", "title", "state"),
    *("whose", "mapping", "technique", "mapped", "kind", "score"),
)


def tables(history: History) -> Iterator[CsvTable]:
    """All of them."""
    yield CsvTable("detections", _DETECTION, _detections(history))
    yield CsvTable("techniques", _TECHNIQUE, _techniques(history))
    yield CsvTable("releases", _RELEASE, map(_release, in_period(history)))
    yield CsvTable("changes", _CHANGE, _changes(history))
    yield CsvTable("approvals", _APPROVAL, _approvals(history))
    yield CsvTable("tests", _TEST, _tests(history))
    yield CsvTable("exceptions", _EXCEPTION, _exceptions(history))
    yield CsvTable("attempts", _ATTEMPT, _attempts(history))
    yield CsvTable("controls", _CONTROL, _controls(history))


def _detections(history: History) -> Iterator[dict[str, Any]]:
    return (subjects.detection(each, history.period) for each in history.detections)


def _techniques(history: History) -> Iterator[dict[str, Any]]:
    for found in history.techniques:
        gaps = [s for s in found.spans if s.state != "live" and s.seconds(history.period)]
        told = [f"{s.begin} to {s.end or history.period.end}: {s.reason}" for s in gaps]
        yield {**subjects.technique(found, history.period), "gaps": told}


def _release(found: ReleaseHistory) -> dict[str, Any]:
    actions: dict[str, int] = {}
    for each in found.changes:
        actions[each.action] = actions.get(each.action, 0) + 1
    return {
        **records.release(found),
        "later_review": found.later.words if found.later else None,
        "signed": f"{found.signature.verdict}: {found.signature.words}",
        "source_commit": found.source.commit,
        "dirty": found.source.dirty,
        "actions": actions,
        "weakening": sum(1 for each in found.changes if each.weakens),
    }


def _changes(history: History) -> Iterator[dict[str, Any]]:
    for found in in_period(history):
        where = {"release": found.number, "commit": found.commit, "digest": found.digest}
        for each in found.changes:
            said = [f"{a.name}: {a.old} → {a.new}" for a in each.attributes]
            named = {**where, "change": change_name(each), "at": each.at}
            yield {**records.change(each), **named, "attributes": said}


def _approvals(history: History) -> Iterator[dict[str, Any]]:
    for found in in_period(history):
        of = {"release": found.number, "plan": found.plan}
        for each in found.approvals:
            signature = f"{each.standing.verdict}: {each.standing.words}"
            yield {**of, "kind": "signed", **records.approval(each), "signature": signature}
        for name in found.claimed:
            yield {**dict.fromkeys(_APPROVAL), **of, "kind": "claimed", "reviewer": name}


def _tests(history: History) -> Iterator[dict[str, Any]]:
    """How cases ended before the releases of the period; a detection without any is named, too."""
    for found in history.detections:
        if found.runs is None:
            yield {**dict.fromkeys(_TEST), "detection": found.id, "key": found.key}
        runs = (each for each in found.runs or () if history.period.holds(each.at))
        yield from map(subjects.run, runs)


def _exceptions(history: History) -> Iterator[dict[str, Any]]:
    period = history.period
    for found in history.exceptions:
        if found.begin > period.end or (found.end and found.end < period.begin):
            continue
        whose = history.by_id.get(found.detection)
        title = whose.entry.title if whose else "all detections"
        yield {**subjects.exception(found), "title": title, "end": found.end or "never"}


def _attempts(history: History) -> Iterator[dict[str, Any]]:
    for found in history.events:
        if found.kind in {"attempt", "interrupted"} and history.period.holds(found.at):
            yield {**dict.fromkeys(_ATTEMPT, ""), **records.event(found)}


def _controls(history: History) -> Iterator[dict[str, Any]]:
    for found in history.controls:
        told = subjects.control(found, history.mappings)
        of = {
            "catalogue": found.catalogue,
            "catalogue_version": found.version,
            "control": found.id,
            "name": found.name,
        }
        for each in told["evidence"]:
            whose = history.by_id[each["detection"]]
            on = {"key": whose.key, "title": whose.entry.title, "state": whose.state}
            yield {**each, **of, **on}
        if not told["evidence"]:
            yield {**dict.fromkeys(_CONTROL, ""), **of}
