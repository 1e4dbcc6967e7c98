"""The table of cases: complete, sound, and what the evaluator says."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tocsin.conformance import SEEN_WRONG, ContractCase, ContractRow, Status, cases, rows, tagged
from tocsin.conformance.case import slug
from tocsin.conformance.judge import judge_table
from tocsin.conformance.lower import lower
from tocsin.conformance.table import read_row
from tocsin.diagnostics import Severity
from tocsin.errors import ConfigError
from tocsin.ir.evaluate import View
from tocsin.ir.query import Query
from tocsin.ir.trace import trace

CASES = list(cases())
LAST = {"E": 8, "L": 14, "S": 8, "C": 12}
CONTRACT = [f"{kind}{n}" for kind, last in LAST.items() for n in range(1, last + 1)]


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What the evaluator gets wrong, by case."""
    return {r.case.id: r.text() for r in judge_table(CASES).results if r.status is Status.FAILED}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: ContractCase, told: dict[str, str]) -> None:
    assert told.get(case.id, "") == ""


def test_every_row_of_the_contract_has_cases() -> None:
    found = [row.id for row in rows()]
    assert found == CONTRACT
    assert [row.id for row in rows() if not row.cases] == []


@pytest.mark.parametrize("row", [r for r in rows() if r.id[0] in "ELC"], ids=lambda row: row.id)
def test_a_row_says_both_what_matches_and_what_does_not(row: ContractRow) -> None:
    assert any(case.events for case in row.meaningful)
    assert any(len(case.events) < len(case.given_events) for case in row.meaningful)


def test_ids_are_unique_and_plain() -> None:
    ids = [case.id for case in CASES]
    assert [each for each, n in Counter(ids).items() if n > 1] == []
    assert all(re.fullmatch(r"[ELSC][0-9]+/[a-z0-9_\w-]+", each) for each in ids)
    assert slug("Anchored, at (both) ends!") == "anchored-at-both-ends"


def test_what_others_got_wrong_can_be_listed() -> None:
    found = Counter(case.row for case in tagged(SEEN_WRONG))
    wrong = {"E1", "E2", "L1", "L3", "L5", "L6", "L7", "L9", "S5", "C1", "C2", "C6"}
    assert wrong <= set(found)


@pytest.mark.parametrize("case", [c for c in CASES if c.form == "detection"], ids=lambda c: c.id)
def test_findings_point_at_their_case(case: ContractCase) -> None:
    start = case.document.span(case.given[:-1])
    errors = [d for d in lower(case).diagnostics if d.severity is Severity.ERROR]
    assert all(start < error.span for error in errors)
    assert bool(errors) is bool(case.refused)


def test_traces_agree_with_the_evaluator() -> None:
    for case in CASES:
        query = lower(case).query
        if case.form == "detection" and isinstance(query, Query):
            held = [
                number
                for number, event in enumerate(case.given_events)
                if trace(query.matches, View(event.body, query.source.renamed)).holds
            ]
            assert held == list(case.events), case.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "title: t\ncases: [{name: n, detection: {}, match: true, refused: TOC020}]",
            "one of match",
        ),
        ("title: t\ncases: [{name: n, match: true}]", "one of ('detection'"),
        ("title: t\ncases: [{name: n, detection: {}, macth: true}]", "macth"),
        ("title: t\ncases: [{name: yes, detection: {}, match: true}]", "2: YAML 1.1 reads yes"),
        ("", "not one document"),
    ],
)
def test_a_table_with_mistakes_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_row("E1.yml", text.encode())
    assert said in caught.value.message
