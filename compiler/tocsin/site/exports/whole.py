"""All of a history as JSON, in a form of its own that a schema beside it describes."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import orjson

from tocsin.site.exports import records, subjects
from tocsin.site.history.inferred import inferred
from tocsin.site.history.model import AttackRecord, DetectionHistory, History

FORM = 1
"""Grows when something is left out or means something else; what is added does not change it."""
SCHEMA = "history.schema.json"


def whole(history: History) -> dict[str, Any]:
    """Everything up to the end of the period, also what was before it began."""
    period = history.period
    return {
        "$schema": SCHEMA,
        "form": FORM,
        "project": history.project,
        "environment": history.environment,
        "period": {"begin": period.begin, "end": period.end, "at": period.at or None},
        "attack": _attack(history.attack),
        "evidence": records.evidence(history),
        "releases": [records.release(each) for each in history.releases],
        "detections": [_detection(history, each) for each in history.detections],
        "techniques": [subjects.technique(each, period) for each in history.techniques],
        "sources": [subjects.source(each) for each in history.sources],
        "mappings": [subjects.mapping(each) for each in history.mappings],
        "controls": [subjects.control(each, history.mappings) for each in history.controls],
        "persons": [records.person(each) for each in history.persons],
        "exceptions": [subjects.exception(each) for each in history.exceptions],
        "drifts": [records.drift(each) for each in history.drifts],
        "events": [records.event(each) for each in history.events],
    }


def encode(value: dict[str, Any]) -> bytes:
    """The bytes of a file of JSON."""
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def schema() -> bytes:
    """The bytes of the schema."""
    return (files("tocsin.site.exports") / "schemas" / SCHEMA).read_bytes()


def _detection(history: History, found: DetectionHistory) -> dict[str, Any]:
    told = inferred(history, found)
    analytics = None if told is None else [each.analytic.id for each in told]
    return {**subjects.detection(found, history.period), "inferred_analytics": analytics}


def _attack(found: AttackRecord) -> dict[str, Any]:
    known = found.attack
    return {
        "release": found.release,
        "digest": found.digest,
        "version": known.version if known else None,
        "domain": known.domain if known else None,
        "strategies": found.strategies.version if found.strategies else None,
    }
