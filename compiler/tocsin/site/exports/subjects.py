"""What is told of detections, techniques, sources, controls and exceptions, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from tocsin.canonical import digest_bytes
from tocsin.site.history.model import (
    CaseRun,
    ControlHistory,
    DetectionHistory,
    ExceptionRecord,
    LogicVersion,
    MappingRecord,
    Period,
    RecordedTexts,
    SourceHistory,
    StateSpan,
    TechniqueHistory,
)

AUTHOR = "author"


def detection(found: DetectionHistory, period: Period) -> dict[str, Any]:
    """A detection; its texts by their digests, since the ledger and its page have them."""
    entry = found.entry
    return {
        "id": found.id,
        "key": found.key,
        "title": entry.title,
        "state": found.state,
        "level": entry.level,
        "status": entry.status,
        "owner": entry.owner,
        "source": entry.source,
        "logsource": found.logsource,
        "backend": entry.backend,
        "file": entry.file,
        "version": entry.version,
        "logic": entry.logic,
        "artifact": entry.artifact,
        "meta": entry.meta,
        "beside": entry.beside,
        "tags": entry.tags,
        "techniques": found.techniques,
        "controls": entry.controls,
        "cases": entry.cases,
        "seconds_live": seconds_live(found.spans, period),
        "spans": [asdict(each) for each in found.spans],
        "changes": [each.release for each in found.changes],
        "versions": [version(each) for each in found.versions],
        "runs": None if found.runs is None else [run(each) for each in found.runs],
        "exceptions": [exception(each) for each in found.exceptions],
        "texts": texts(found.texts),
        "data_seen": None,
        "fired": None,
        "canary_proven": None,
    }


def seconds_live(spans: Iterable[StateSpan], period: Period) -> int:
    """How long of the period it was live."""
    return sum(each.seconds(period) for each in spans if each.state == "live")


def version(found: LogicVersion) -> dict[str, Any]:
    """A version, with the release that first deployed it."""
    return {
        "number": found.number,
        "release": found.release,
        "at": found.at,
        "logic": found.entry.logic,
        "artifact": found.entry.artifact,
        "texts": texts(found.texts),
    }


def texts(found: RecordedTexts) -> dict[str, str | None]:
    """SHA-256 of the rule, of its cases and of the artifact, None where they are not recorded."""
    parts = {
        "rule": found.rule and found.rule.encode("utf-8", "surrogatepass"),
        "cases": found.cases and found.cases.encode("utf-8", "surrogatepass"),
        "artifact": found.artifact,
    }
    return {name: digest_bytes(data) if data else None for name, data in parts.items()}


def run(found: CaseRun) -> dict[str, Any]:
    """A case on an engine, before a release."""
    return {"release": found.release, "at": found.at, **asdict(found.proof)}


def exception(found: ExceptionRecord) -> dict[str, Any]:
    """A time in which less was asked or found than usual."""
    return {**asdict(found), "end": found.end or None}


def technique(found: TechniqueHistory, period: Period) -> dict[str, Any]:
    """A technique, and how long of the period any detection of it was live."""
    return {
        "id": found.id,
        "name": found.name,
        "tactics": found.tactics,
        "parent": found.parent,
        "successor": found.successor,
        "detections": found.detections,
        "live": found.live,
        "seconds_live": seconds_live(found.spans, period),
        "spans": [asdict(each) for each in found.spans],
    }


def source(found: SourceHistory) -> dict[str, Any]:
    """A source of events."""
    declared = found.source
    return {
        "name": found.name,
        "title": declared.title,
        "description": declared.description,
        "topic": declared.topic,
        "table": declared.table,
        "declared": found.declared,
        "first": found.first,
        "last": found.last,
        "detections": found.detections,
    }


def mapping(found: MappingRecord) -> dict[str, Any]:
    """A mapping of controls to techniques."""
    return asdict(found)


def control(found: ControlHistory, mappings: Iterable[MappingRecord]) -> dict[str, Any]:
    """A control and what supports it, each with whose word that is."""
    words = {each.name: f"{each.whose}: {each.title} {each.version}".strip() for each in mappings}
    return {
        "catalogue": found.catalogue,
        "version": found.version,
        "id": found.id,
        "name": found.name,
        "group": found.group,
        "techniques": found.techniques,
        "evidence": [
            {**asdict(each), "whose": words.get(each.mapping, each.mapping) or AUTHOR}
            for each in found.evidence
        ],
    }
