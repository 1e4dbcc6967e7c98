"""What is told of a case that went wrong."""

from __future__ import annotations

from functools import cache

import pytest

from tocsin.conformance.case import ContractCase
from tocsin.conformance.differ import MOST, STRAYS, case_text, differences, emitted
from tocsin.conformance.engine import CaseHits
from tocsin.conformance.gather import VALUES, CaseGroup, PlacedContractCase, gather
from tocsin.conformance.table import read_row
from tocsin.model.artifact import Artifact

ROW = rb"""
title: Words
cases:
- name: one
  detection: {s: {f: x}, condition: s}
  event: {f: "x\e"}
  match: true
- name: three
  detection: {s: {f|startswith: "a\e"}, condition: s}
  events: [{at: 0s, f: a}, {at: 1s, f: b}, {at: 2s, f: ab}]
  expect: {events: [0, 2]}
- name: many
  file: |
    title: Base
    name: base
    logsource: {product: conformance}
    detection: {s: {f: x}, condition: s}
    ---
    title: Many
    correlation:
      {type: event_count, rules: [base], group-by: [u], timespan: 1m, condition: {gte: 2}}
  events: [{at: 0s, f: x, u: ann}, {at: 1s, f: x, u: bob}, {at: 2s, f: x, u: ann}]
  expect: {events: [2], groups: [[ann]]}
- name: single
  file: |
    title: Base
    name: base
    logsource: {product: conformance}
    detection: {s: {f: x}, condition: s}
    ---
    title: Single
    correlation:
      {type: event_count, rules: [base], group-by: [u], timespan: 1m, condition: {gte: 1}}
  events: [{at: 0s, f: x, u: ann}]
  expect: {events: [0], groups: [[ann]]}
"""
ONE, THREE, MANY, SINGLE = read_row("L1.yml", ROW).cases
Hit = tuple[int, tuple[str, ...]]


@cache
def placed(*cases: ContractCase) -> tuple[CaseGroup, tuple[PlacedContractCase, ...]]:
    [group] = gather(cases)
    return group, group.placed


def told(case: ContractCase, wanted: set[Hit], got: set[Hit], *others: ContractCase) -> list[str]:
    group, found = placed(case, *others)
    return list(differences(found[0], group, frozenset(wanted), frozenset(got)))


def test_where_all_agree_there_is_nothing_to_tell() -> None:
    assert told(ONE, {(0, ())}, {(0, ())}) == []
    assert told(THREE, {(0, ()), (2, ())}, {(0, ()), (2, ())}) == []
    assert told(MANY, {(2, ("ann",))}, {(2, ("ann",))}) == []


def test_an_engine_against_evaluator_and_table() -> None:
    assert told(ONE, {(0, ())}, set()) == ["expected a match, got no match"]
    right: set[Hit] = {(0, ()), (2, ())}
    assert told(THREE, right, {(1, ()), (2, ())}) == ["expected events 0, 2, got events 1, 2"]
    assert told(THREE, right, set()) == ["expected events 0, 2, got no events"]


def test_events_are_told_by_their_number_in_the_case() -> None:
    group, (_, found) = placed(ONE, THREE)
    wanted: CaseHits = frozenset({(1, ()), (3, ())})
    said = list(differences(found, group, wanted, frozenset({(2, ()), (3, ())})))
    assert said == ["expected events 0, 2, got events 1, 2"]


def test_the_evaluator_against_the_table() -> None:
    assert told(ONE, set(), {(0, ())}) == ["the evaluator says no match, the table a match"]
    both = told(ONE, set(), set())
    assert both == [
        "the evaluator says no match, the table a match",
        "expected a match, got no match",
    ]


def test_groups_are_told_where_the_table_names_them() -> None:
    wrong: set[Hit] = {(2, ("ann",)), (1, ("bob",))}
    expected = ["expected events 2 (ann), got events 1 (bob), 2 (ann)"]
    assert told(MANY, {(2, ("ann",))}, wrong) == expected
    assert told(SINGLE, {(0, ("ann",))}, {(0, ("bob",))}) == [
        "expected events 0 (ann), got events 0 (bob)"
    ]
    assert told(ONE, {(0, ())}, {(0, ("some", "group"))}) == []


def test_events_of_other_cases_are_told_whole_and_not_too_many() -> None:
    found = told(ONE, {(0, ()), (1, ())}, {(0, ()), (2, ()), (3, ())}, THREE)
    assert found == [
        'on the event of another case: expected a match, got none: {"f": "a"}',
        'on the event of another case: expected no match, got one: {"f": "b"}',
        'on the event of another case: expected no match, got one: {"f": "ab"}',
    ]
    more = told(ONE, {(0, ())}, {(n, ()) for n in range(7)}, THREE, THREE)
    assert len(more) == STRAYS


def test_what_keywords_look_at_is_not_shown() -> None:
    text = ROW.replace(b"{f: x}, condition: s}\n  event", b"[word], condition: s}\n  event", 1)
    text = text.replace(b'{f|startswith: "a\\e"}', b"[other]")
    [group] = gather(read_row("L1.yml", text).cases[:2])
    assert VALUES in group.events[1]
    wanted: set[Hit] = {(0, ())}
    got = frozenset({*wanted, (1, ())})
    [stray] = differences(group.placed[0], group, frozenset(wanted), got)
    assert stray.endswith('got one: {"f": "a"}')


@pytest.mark.parametrize(
    ("case", "lines"),
    [
        (
            THREE,
            [
                "  condition: s",
                "  s:",
                '    f|startswith: "a\\e"',
                'event 0: {"f": "a"}',
                'event 1: {"f": "b"}',
                'event 2: {"f": "ab"}',
            ],
        ),
        (ONE, ["  condition: s", "  s:", "    f: x", 'event 0: {"f": "x\\u001b"}']),
    ],
)
def test_a_case_is_shown_as_it_is_given(case: ContractCase, lines: list[str]) -> None:
    assert list(case_text(case)) == lines


def test_a_file_is_shown_as_it_is_written() -> None:
    assert list(case_text(SINGLE))[:2] == ["  title: Base", "  name: base"]


def test_what_was_made_is_shown_up_to_a_length() -> None:
    def made(body: bytes) -> list[str]:
        return list(emitted(Artifact("d", "d", "toy", "s", "l", "sql", body)))

    assert made(b"SELECT\n\x1b1\xff") == ["toy compiles it to:", "  SELECT", "  \\x1b1\\xff"]
    assert len(made(b"x" * MOST)) == 2
    cut = made(b"x" * (MOST + 1))
    assert cut[1:] == [f"  {'x' * MOST}", f"  … ({MOST + 1} characters)"]
