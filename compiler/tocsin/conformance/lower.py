"""Cases to queries by the real front: the same way as an author's files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tocsin.canonical import digest
from tocsin.conformance.case import ContractCase
from tocsin.conformance.columns import NAME, TIME, columns_of
from tocsin.diagnostics import Diagnostic, Severity, Span
from tocsin.errors import ConfigError
from tocsin.front.project import load_project
from tocsin.front.selection import Lowering
from tocsin.front.yaml import read_bytes
from tocsin.ir.nodes import Const
from tocsin.ir.query import CorrelationQuery, Query, Resolved
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import Column, LogSource, Source

LOGSOURCE = {"product": "conformance"}


@dataclass(frozen=True, slots=True)
class Lowered:
    """What the front makes of a case: the query in question (None if refused), and findings."""

    query: Resolved | None
    diagnostics: tuple[Diagnostic, ...]
    alerts: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that refuse the case."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)


@cache
def lower(case: ContractCase) -> Lowered:
    """The query of a case; once for all backends, since a query is immutable."""
    return _detection(case) if case.form == "detection" else _project(case)


def query_of(case: ContractCase) -> Resolved:
    """The query of a case that has a meaning; ConfigError if the front refuses it."""
    lowered = lower(case)
    if lowered.query is None:
        raise ConfigError(f"{case.id} has no query: {lowered.diagnostics[:1]}")
    return lowered.query


# --- one detection block ------------------------------------------------------------------------


def _detection(case: ContractCase) -> Lowered:
    lowering = Lowering(case.document, case.given, case.placeholders)
    expr = lowering.block(case.value)
    found = tuple(lowering.diagnostics)
    if any(d.severity is Severity.ERROR for d in found):
        return Lowered(None, found)
    detection = Detection(case.id, case.id, Meta(case.name), LogSource(), Span())
    unbound = Query(detection, Source(NAME, ()), Const(value=True), expr)
    return Lowered(replace(unbound, source=_bound(case, unbound)), found, (case.id,))


def _bound(case: ContractCase, query: Query) -> Source:
    made = columns_of(query.fields, [event.body for event in case.given_events])
    return Source(NAME, made, table=NAME, topic=NAME)


def named(query: Resolved, source: Source) -> Resolved:
    """The query over this source; its id tells its meaning, so that equal cases share a run."""
    query = _over(query, source)
    if isinstance(query, CorrelationQuery):
        query = replace(query, bases=tuple(named(base, source) for base in query.bases))
    name = f"c{digest(query.logic)[:12]}"
    detection = Detection(name, name, Meta(name), LogSource(), Span())
    return replace(query, detection=detection)


def _over(query: Resolved, source: Source) -> Resolved:
    if isinstance(query, CorrelationQuery):
        return replace(query, bases=tuple(_over(base, source) for base in query.bases))
    return replace(query, source=source)


# --- whole rule files ---------------------------------------------------------------------------


def _project(case: ContractCase) -> Lowered:
    """A project of one source and one file of rules; the last rule is in question, or `of`."""
    text = case.value if case.form == "file" else yaml.safe_dump_all(_documents(case))
    with TemporaryDirectory(prefix="tocsin-") as folder:
        root = Path(folder)
        _write(root, case, str(text))
        project = load_project(root)
    found = tuple(project.diagnostics)
    if any(d.severity is Severity.ERROR for d in found) or not project.queries:
        return Lowered(None, found)
    alerts = tuple(query.detection.key for query in project.queries if query.alerts)
    chosen = _chosen(case, project.queries)
    return Lowered(_over(chosen, _narrowed(chosen)), found, alerts)


def _narrowed(query: Resolved) -> Source:
    """The source with only the columns that are looked at, and event time."""
    source = query.source
    wanted = {*query.fields, source.time_field}
    return replace(source, columns=tuple(c for c in source.columns if c.name in wanted), serves=())


def _documents(case: ContractCase) -> list[dict[str, Any]]:
    """The documents with what every rule must have and no case is about."""
    made: list[dict[str, Any]] = []
    for number, given in enumerate(case.value):
        own = {"title": f"Rule {number}", "name": f"rule{number}"}
        if "correlation" not in given:
            own["logsource"] = LOGSOURCE  # type: ignore[assignment]  # a map among texts
        made.append({**own, **given})
    return made


def _write(root: Path, case: ContractCase, text: str) -> None:
    for name in ("sources", "rules", "placeholders"):
        (root / name).mkdir()
    (root / "tocsin.toml").write_text('[project]\nname = "conformance"\n', "utf-8")
    (root / "sources" / f"{NAME}.yml").write_text(yaml.safe_dump(_source(case, text)), "utf-8")
    (root / "rules" / "case.yml").write_text(text, "utf-8")
    for name, values in case.placeholders.items():
        (root / "placeholders" / f"{name}.txt").write_text("\n".join(values), "utf-8")


def _source(case: ContractCase, text: str) -> dict[str, Any]:
    """The source file: every field that the rules or the events name."""
    documents, _ = read_bytes(text.encode(), "rules")
    names = {name for document in documents for name in _names(document.value)}
    bodies = [event.body for event in case.given_events]
    names |= {key for body in bodies for key in body}
    columns = columns_of(names - {TIME, ""}, bodies)
    return {
        "source": NAME,
        "title": "Conformance",
        "logsources": [LOGSOURCE],
        "time": {"field": TIME, "lateness": case.lateness, "unit": case.unit or None},
        "fields": {TIME: "timestamp", **{column.name: _field(column) for column in columns}},
    }


def _field(column: Column) -> dict[str, Any]:
    return {"type": column.type.value, "from": list(column.path)}


def _names(value: Any) -> Iterator[str]:
    """All that might be a field's name: keys, and the texts of the lists and maps around them."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield key.split("|")[0]
            if key in ("group-by", "field", "aliases") or "fieldref" in key:
                yield from _texts(below)
            yield from _names(below)
    elif isinstance(value, list):
        for below in value:
            yield from _names(below)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from _texts(below)


def _chosen(case: ContractCase, queries: Sequence[Resolved]) -> Resolved:
    found = [query for query in queries if query.detection.key == case.of]
    if case.of:
        return found[0]
    return max(queries, key=lambda query: query.detection.span)
