"""The files of a release of a made-up ledger, by hand where Tocsin's own writer is slow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from textwrap import indent
from typing import Any

import orjson

from bench.site_rules import SOURCES
from bench.site_steps import MadeStep
from tocsin import __version__
from tocsin.canonical import digest, digest_bytes
from tocsin.model.source import Column, FieldType, LogSource, Served, Source
from tocsin.release.entry import Action
from tocsin.state import case_proof
from tocsin.state.case_proof import CaseProof
from tocsin.state.release import Release

DECLARED = tuple(
    Source(
        name=name,
        columns=tuple(
            Column(field, FieldType.STRING, (field,)) for field in ("time", "action", "amount")
        ),
        serves=(Served(LogSource(**logsource)),),
        title=f"Events of {name}",
        topic=f"{name}.events",
        table=name.replace("-", "_"),
        time_field="time",
    )
    for name, logsource in SOURCES.items()
)
"""The sources of the project."""
_DEPLOYING = (Action.ADDED, Action.CHANGED, Action.RECOMPILED, Action.SWITCHED)


def encoded(release: Release, entries: Sequence[dict[str, Any]]) -> bytes:
    """As `tocsin.state.release.encode`, of entries that are plain already."""
    record = release.record | {"entries": list(entries)}
    del record["commit"]
    if release.form == 1:
        for name in ("form", "content", "beside", "earlier", "facts"):
            del record[name]
    sealed = digest_bytes(orjson.dumps(record, option=orjson.OPT_SORT_KEYS))
    shown = {**record, "entries": [], "seal": sealed}
    text = json.dumps(shown, indent=1, sort_keys=True, ensure_ascii=False)
    rows = ",\n".join(_indented(each) for each in entries)
    return text.replace('"entries": []', f'"entries": [\n{rows}\n ]', 1).encode() + b"\n"


def _indented(entry: Mapping[str, Any]) -> str:
    return indent(json.dumps(entry, indent=1, sort_keys=True, ensure_ascii=False), "  ")


def step_record(step: MadeStep) -> dict[str, Any]:
    """As a plan has it."""
    before = step.before.record() if step.before else None
    if step.after is None:
        return {"kind": "remove", "before": before, "path": before and before["path"], "why": ""}
    after = step.after.record(step.action)
    if step.action is Action.DOCUMENTED:
        return {"kind": "document", "after": after, "before": before}
    return {"kind": "deploy", "after": after, "before": before, "drift": "", "state": None}


def tests_of(steps: Sequence[MadeStep]) -> bytes:
    """How the cases of what is deployed ended, on two engines."""
    tested = [step.after for step in steps if step.after and step.action in _DEPLOYING]
    return case_proof.encode(
        CaseProof(
            detection=each.id,
            key=each.slug,
            case=case,
            engine=engine,
            version=version,
            verdict="passed",
            input=digest_bytes(f"{each.id}{each.logic}{case}".encode()),
            output=digest([] if case == "below" else [case]),
            seconds=0.25,
        )
        for each in tested
        for case in ("above", "below")
        for engine, version in (("evaluator", __version__), ("duckdb", "1.4.2"))
    )


def source_file(source: Source) -> bytes:
    """Its file."""
    columns = "".join(f"  {each.name}: string\n" for each in source.columns)
    return (
        f"source: {source.name}\ntitle: {source.title}\n"
        f"logsources: [{json.dumps(SOURCES[source.name])}]\n"
        f"topic: {source.topic}\ntable: {source.table}\n"
        f"time: {{field: time}}\nfields:\n{columns}"
    ).encode()
