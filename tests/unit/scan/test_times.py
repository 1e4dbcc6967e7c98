"""Event time in a scan: named, declared by a source of the rules' project, or guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from authoring import events, project, rule
from tocsin.app.scan import found_matches, load_scan, run_scan

SOURCE = """
source: shop
title: Shop
logsources: [{product: shop, service: audit}]
where: {kind: shop}
time: {field: happened, unit: s}
fields:
  happened: {type: integer, from: [meta, at]}
  kind: string
  action: string
"""
REFUND = {"kind": "shop", "action": "refund"}
GUESSED = {"timestamp": "2026-05-05T05:05:05Z"}
DECLARED = {"meta": {"at": 1772600767}}
BY_NAME = {"seen": "2026-06-06T06:06:06Z"}


def time_of(root: Path, event: dict[str, Any], engine: str = "evaluator", **given: Any) -> Any:
    file = events(root / "events.jsonl", event)
    loaded = load_scan([root / "rules"], [file], **given)
    [found] = found_matches(loaded, run_scan(loaded, engine).matches)
    return found.time


@pytest.mark.parametrize(
    ("event", "time"),
    [
        ({**REFUND, **GUESSED, **DECLARED}, "2026-03-04T05:06:07.000Z"),
        ({**REFUND, **GUESSED}, "2026-05-05T05:05:05.000Z"),
        ({**REFUND, **GUESSED, "meta": {"at": "soon"}}, "2026-05-05T05:05:05.000Z"),
        (REFUND, None),
    ],
)
def test_the_source_says_where_else_it_is_guessed(
    tmp_path: Path, event: dict[str, Any], time: str | None
) -> None:
    root = project(tmp_path, {"r.yml": rule()}, SOURCE)
    assert time_of(root, event) == time


def test_an_option_wins_over_the_source(tmp_path: Path) -> None:
    root = project(tmp_path, {"r.yml": rule()}, SOURCE)
    event = {**REFUND, **DECLARED, **BY_NAME}
    assert time_of(root, event, time_field="seen") == "2026-06-06T06:06:06.000Z"


def test_events_of_no_source_have_a_usual_time(tmp_path: Path) -> None:
    root = project(tmp_path, {"r.yml": rule()}, SOURCE)
    event = {"action": "refund", **DECLARED, **GUESSED}
    assert time_of(root, event, ignore_logsource=True) == "2026-05-05T05:05:05.000Z"


TWO = """
title: Two Refunds
id: 3c5a9a49-0f7f-4ef5-8d3e-6d1f0b8c0a11
status: test
level: high
correlation:
  type: event_count
  rules: [7e0b5c1c-3a55-4a1e-9d0e-2f8b1c7d0a03]
  group-by: [kind]
  timespan: 10s
  condition: {gte: 2}
"""


@pytest.mark.parametrize("engine", ["auto", "evaluator", "matcher", "duckdb"])
@pytest.mark.parametrize(("apart", "found"), [(5, 1), (50, 0)])
def test_windows_of_correlations_are_of_that_time(
    tmp_path: Path, engine: str, apart: int, found: int
) -> None:
    """By the guessed field the events would be a day apart, or at once."""
    root = project(tmp_path, {"r.yml": rule(), "two.yml": TWO}, SOURCE)
    guessed = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z" if found else "2026-01-01T00:00:00Z"]
    given = [
        {**REFUND, "meta": {"at": 1772600767 + n * apart}, "timestamp": guessed[n]}
        for n in range(2)
    ]
    loaded = load_scan([root / "rules"], [events(root / "events.jsonl", *given)])
    assert len(run_scan(loaded, engine).matches) == found


def test_an_event_without_time_is_told_by_the_declared_field(tmp_path: Path) -> None:
    root = project(tmp_path, {"r.yml": rule(), "two.yml": TWO}, SOURCE)
    loaded = load_scan([root / "rules"], [events(root / "events.jsonl", REFUND)])
    [left_out] = run_scan(loaded, "evaluator").left_out.values()
    assert list(left_out.lines()) == ["1 base match without time (no happened)"]
