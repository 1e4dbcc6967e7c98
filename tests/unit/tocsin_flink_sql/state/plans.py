"""Compiled plans made of a few nodes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from tocsin_flink_sql.state.compiled_plan import CompiledPlan

PLACES = {
    "table-source-scan": "scanTableSource",
    "sink": "dynamicTableSink",
}


def node(id_: int, kind: str, name: str = "t", **more: Any) -> dict[str, Any]:
    """A node of a kind; scans and sinks have a table."""
    made: dict[str, Any] = {"id": id_, "type": f"stream-exec-{kind}_1", **more}
    if kind in PLACES:
        made[PLACES[kind]] = {"table": {"identifier": name}}
    return made


def window(id_: int, span: int = 1000, *, column: str = "VARCHAR", **call: Any) -> dict[str, Any]:
    """COUNT over a group's rows, so many milliseconds back."""
    fields = [{"name": "key", "fieldType": column}, {"name": "time", "fieldType": "TIMESTAMP"}]
    spec = {
        "partition": {"fields": [0]},
        "originalInputFields": 2,
        "constants": [{"value": "0.95"}, {"value": str(span)}],
        "groups": [
            {
                "orderBy": {"fields": [1]},
                "isRows": False,
                "lowerBound": {"kind": "BOUNDED_WINDOW", "offset": {"inputIndex": 3}},
                "upperBound": {"kind": "CURRENT_ROW"},
                "aggCalls": [{"internalName": "$COUNT$1", "argList": [], **call}],
            }
        ],
    }
    figure = {"name": "n", "fieldType": "BIGINT"}
    return node(id_, "over-aggregate", overSpec=spec, outputType={"fields": [*fields, figure]})


def plan(nodes: list[dict[str, Any]], inputs: Mapping[int, list[int]]) -> CompiledPlan:
    """A plan of nodes, with what each reads."""
    edges = [{"source": s, "target": t} for t, sources in inputs.items() for s in sources]
    return CompiledPlan({"flinkVersion": "2.2", "nodes": nodes, "edges": edges})


def line(*nodes: dict[str, Any]) -> CompiledPlan:
    """A plan whose nodes read each the one before."""
    ids = [each["id"] for each in nodes]
    return plan(list(nodes), {b: [a] for a, b in pairwise(ids)})


def simple(first: int = 1, **options: Any) -> CompiledPlan:
    """Scan, filter, window, sink."""
    return line(
        node(first, "table-source-scan"),
        node(first + 1, "calc"),
        window(first + 2, **options),
        node(first + 3, "sink"),
    )
