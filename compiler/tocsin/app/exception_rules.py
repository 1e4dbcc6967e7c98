"""Conditions of exceptions, read over the project's sources and tried on its cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tocsin.app.exception_filter import filter_file
from tocsin.cases.events import arrivals
from tocsin.diagnostics import Diagnostic, has_errors
from tocsin.front.placeholders import read_placeholders
from tocsin.front.project import Project, load_project
from tocsin.front.resolve import resolve
from tocsin.front.rule import Rule
from tocsin.front.selection import Lowering
from tocsin.front.yaml import YamlDocument, read_bytes
from tocsin.ir.account import account
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.query import Query, Resolved
from tocsin.ir.stream import observe
from tocsin.model.artifact import Event
from tocsin.model.detection import Case
from tocsin_server.suppressions.condition import holds_on_all, packed
from tocsin_server.suppressions.rules import FilterFile, RefusedError


class ProjectRules:
    """The rules of exceptions to the detections of a project's folder, as they are now."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def compiled(self, detection: str, section: Mapping[str, Any]) -> dict[str, Any]:
        """The condition; RefusedError says why it is none, or which cases would not fire."""
        return self._checked(detection, section)[1]

    def section(self, text: str) -> dict[str, Any]:
        """The block in a text of YAML, which is read as rules are: RefusedError says why not."""
        documents, wrong = read_bytes(text.encode("utf-8", "replace"), "condition")
        if wrong:
            raise RefusedError(_told(wrong))
        values = [each.value for each in documents]
        if len(values) != 1 or not isinstance(values[0], dict):
            raise RefusedError(["give selections and a condition, as below `detection` in a rule"])
        return dict(values[0])

    def filter_file(
        self, detection: str, section: Mapping[str, Any], ticket: str, reason: str
    ) -> FilterFile:
        """The same as a Sigma filter."""
        query, _ = self._checked(detection, section)
        return filter_file(query, section, ticket, reason)

    def _checked(
        self, detection: str, section: Mapping[str, Any]
    ) -> tuple[Resolved, dict[str, Any]]:
        project = load_project(self._root)
        query = next((q for q in project.queries if q.detection.id == detection), None)
        if query is None:
            raise RefusedError([f"the project has no detection {detection} without errors"])
        bound = self._bound(project, query, section)
        made = packed(bound.expr, bound.source.renamed)
        if lost := list(_lost(query, made)):
            raise RefusedError(lost)
        return query, made

    def _bound(self, project: Project, query: Resolved, section: Mapping[str, Any]) -> Query:
        """The condition as a query over the source whose events the detection's alerts carry."""
        if len({source.name for source in query.sources}) > 1:
            raise RefusedError(["events of several sources: an exception needs one"])
        base = query if isinstance(query, Query) else _first(query)
        document = YamlDocument("exception", {"detection": dict(section)})
        placeholders = dict(read_placeholders(self._root / "placeholders")[0])
        lowering = Lowering(document, ("detection",), placeholders)
        expr = lowering.block(document.value["detection"])
        if has_errors(lowering.diagnostics):
            raise RefusedError(_told(lowering.diagnostics))
        bound, wrong = resolve(Rule(base.detection, expr), project.sources)
        if bound is None:
            raise RefusedError(_told(wrong))
        return bound


def _first(query: Resolved) -> Query:
    """A rule on events below a correlation; all have the same source."""
    while not isinstance(query, Query):
        query = query.bases[0]
    return query


def _lost(query: Resolved, compiled: Mapping[str, Any]) -> Iterator[str]:
    """What stands against the condition: cases that fire, and would be excepted."""
    fires = False
    for case in query.detection.cases:
        alerts = list(_alerts(query, case))
        fires = fires or bool(alerts)
        if any(holds_on_all(compiled, events) for events in alerts):
            yield f"the case {case.name!r} must fire, and the exception takes it in"
    if not fires:
        yield "the detection has no case that fires: nothing shows what the exception spares"


def _alerts(query: Resolved, case: Case) -> Iterator[Sequence[Event]]:
    """The events of each alert of a case."""
    events = [event for _, event in arrivals(case, query.sources)]
    if isinstance(query, Query):
        renamed = query.source.renamed
        yield from ([e] for e in events if evaluate(query.matches, View(e, renamed)))
        return
    for standing in account(query, observe(query.events, events)).standings:
        if standing.holds:
            members = standing.window.newest(len(standing.window))
            yield [events[hit.event[1]] for hit in members]


def _told(found: Sequence[Diagnostic]) -> list[str]:
    return [f"{each.message} ({each.hint})" if each.hint else each.message for each in found]
