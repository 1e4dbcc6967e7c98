"""Why an alert was raised: the deployed detection on the events that the alert carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tocsin.cases.explain import Named, explain
from tocsin.cases.windows import Windows, explain_windows
from tocsin.ir.account import SHOWN, Standing
from tocsin.ir.query import CorrelationQuery, Resolved
from tocsin.ir.trace import Trace
from tocsin_server.console.recorded import ExplainedAlert, Member, SeenWindow

_Event = Mapping[str, Any]


def explained_alert(
    query: Resolved, parts: Sequence[Named], events: Sequence[_Event]
) -> ExplainedAlert:
    """A tree for each rule on each of its events; of a correlation, its last window as well."""
    trees = tuple(_trees(parts, events, all_of_them=query.events == (query,)))
    window = _window(query, events) if isinstance(query, CorrelationQuery) else None
    return ExplainedAlert(trees, window, query.fields)


def _trees(
    parts: Sequence[Named], events: Sequence[_Event], *, all_of_them: bool
) -> Iterator[tuple[int, Trace]]:
    """Below a correlation, those rules that an event matches."""
    for number, event in enumerate(events):
        for each in parts:
            found = explain(each, event)
            if all_of_them or found.matches:
                yield number, replace(found.tree, label=each.query.detection.meta.title)


def _window(query: CorrelationQuery, events: Sequence[_Event]) -> SeenWindow | None:
    """The window of the event that came last, which completed the correlation."""
    found = explain_windows(query, events)
    standings = [each for each in found.account.standings if each.event[1] == len(events) - 1]
    standing = next((each for each in standings if each.holds), None) or next(iter(standings), None)
    return _seen(found, standing) if standing else None


def _seen(found: Windows, standing: Standing) -> SeenWindow:
    correlation = found.query.correlation
    names = [ref.name for ref in correlation.values]
    rules = [base.detection.meta.title for base in found.query.bases]
    return SeenWindow(
        rules=tuple(dict.fromkeys(rules)),
        begin=standing.time - correlation.timespan_ms,
        end=standing.time,
        group=found.group_of(standing),
        figure=standing.figure,
        asked=standing.asked,
        holds=standing.holds,
        members=tuple(
            Member(
                event=hit.event[1],
                time=hit.time,
                rules=tuple(dict.fromkeys(rules[rule] for rule in sorted(hit.rules))),
                values=" ".join(
                    f"{name}={value}" for name, value in zip(names, hit.values or (), strict=False)
                ),
            )
            for hit in standing.window.newest(SHOWN)
        ),
    )
