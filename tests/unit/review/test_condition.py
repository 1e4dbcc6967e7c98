"""Conditions as lines, and what a change does to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from authoring import project, rule
from tocsin.front.project import load_project
from tocsin.ir.query import Resolved
from tocsin.review.condition import difference, lines
from tocsin.review.document import MOST_LINES

CORRELATION = {
    "title": "Many Refunds",
    "id": "0a5c3c2e-9a53-4e0b-8a58-5c9d0f1e2b44",
    "status": "test",
    "level": "high",
    "correlation": {
        "type": "event_count",
        "rules": ["refund"],
        "group-by": ["user.name"],
        "timespan": "10m",
        "condition": {"gte": 5},
    },
}


def query(tmp_path: Path, name: str, **changes: Any) -> Resolved:
    root = project(tmp_path / name, {"refund.yml": rule(**changes)})
    [found] = load_project(root).queries
    return found


def test_a_changed_value(tmp_path: Path) -> None:
    old = query(tmp_path, "old")
    new = query(
        tmp_path,
        "new",
        detection={
            "selection": {"action": ["refund", "chargeback"]},
            "condition": "selection",
        },
    )
    assert difference(old, old) == []
    assert difference(old, new) == [
        "-action is 'refund'",
        "+any of",
        "+  action is 'refund'",
        "+  action is 'chargeback'",
    ]
    assert difference(None, old) == ["+action is 'refund'"]
    assert difference(old, None) == ["-action is 'refund'"]


def test_what_is_left_out_at_the_end_is_marked(tmp_path: Path) -> None:
    def of(name: str, first: str) -> Resolved:
        ends = {f"action|{how}": "abc" for how in ("startswith", "endswith", "contains", "re")}
        tests = {"action": first, **ends}
        return query(tmp_path, name, detection={"s": tests, "condition": "s"})

    told = difference(of("old", "x"), of("new", "y"))
    assert told[:3] == [" all of", "-  action is 'x'", "+  action is 'y'"]
    assert told[-1] == " …"


def test_what_looks_like_a_head_of_a_difference_is_told(tmp_path: Path) -> None:
    odd = {"selection": {"action": "@@ -1 +1 @@"}, "condition": "selection"}
    assert difference(query(tmp_path, "a"), query(tmp_path, "b", detection=odd)) == [
        "-action is 'refund'",
        "+action is '@@ -1 +1 @@'",
    ]


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    many = {"selection": {"action": [f"a{n}" for n in range(5000)]}, "condition": "selection"}
    told = difference(query(tmp_path, "a"), query(tmp_path, "b", detection=many))
    assert len(told) == MOST_LINES
    assert told[-1].startswith(" … ")


def test_a_correlation_with_the_rules_it_refers_to(tmp_path: Path) -> None:
    root = project(tmp_path, {"refund.yml": rule(name="refund"), "many.yml": CORRELATION})
    found = {each.detection.key: each for each in load_project(root).queries}
    assert list(lines(found["many"])) == [
        "event_count >= 5 in 10m",
        "  by user.name",
        "  refund:",
        "    action is 'refund'",
    ]
