"""Reviews for tests, as a run makes them or as a stranger would."""

from __future__ import annotations

from typing import Any

BASE, HEAD = "a" * 40, "b" * 40


def step(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": "id-1",
        "symbol": "~",
        "name": "payout-changed",
        "version": "v1 → v2",
        "what": "changed",
        "where": "kafka-filter payments_audit",
        "artifact": "0123abcd → 4567cdef",
        "notes": ["4 cases"],
    }
    return given | changes


def plan(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "name": "prod",
        "intended": "c" * 64,
        "base": "d" * 40,
        "release": 3,
        "summary": "1 changed · 54 unchanged",
        "steps": [step()],
        "more": 0,
        "warnings": [],
        "problems": [],
        "problem": "",
    }
    return given | changes


def change(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": "id-1",
        "key": "payout-changed",
        "title": "Payout Changed",
        "level": "high",
        "file": "rules/payments/payout-changed.yml",
        "word": "changed",
        "attributes": [{"name": "level", "old": "medium", "new": "high"}],
        "condition": [" all of", "-  action is 'payout.update'", "+  action is 'payout.create'"],
        "direction": {
            "kind": "incomparable",
            "lost": '{"action": "payout.update"}',
            "gained": '{"action": "payout.create"}',
            "reason": "",
        },
        "weakens": ["its logic changes: incomparable"],
        "cost": {"old": "1 test of an event", "new": "2 tests of an event"},
        "cases": [{"engine": "evaluator", "passed": 4, "failed": 0, "refused": 0}],
        "gained": ["T1098"],
        "lost": [],
    }
    return given | changes


def review(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "form": 1,
        "tocsin": "0.1.0",
        "project": "payments",
        "base": BASE,
        "head": HEAD,
        "errors": 0,
        "warnings": 0,
        "findings": [],
        "cases": [{"engine": "evaluator", "passed": 4, "failed": 0, "refused": 0}],
        "failed": [],
        "detections": [change()],
        "more": 0,
        "environments": [plan()],
        "coverage": {"before": 40, "after": 41, "gained": ["T1098"], "lost": []},
        "problem": "",
    }
    return given | changes


def finding(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "code": "TOC101",
        "severity": "warning",
        "file": "rules/payments/payout-changed.yml",
        "line": 1,
        "message": "no owner",
        "hint": "",
    }
    return given | changes
