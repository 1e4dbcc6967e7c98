"""SigmaHQ's regression events: the whole match set, positives and negatives.

`expected_matches.jsonl` was made by two engines that are not ours.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import pytest

from corpus.conftest import Corpus, Regression
from corpus_rules import bind
from tocsin.front.rule import Rule
from tocsin.ir import walk
from tocsin.ir.nodes import Expr, FieldRef, IsNull, Not, Regex, Text
from tocsin.ir.text import fold
from tocsin.ir.walk import fields_of, nodes_of
from tocsin.scan.run import scan_evaluator

pytestmark = pytest.mark.shared

Event = dict[str, Any]


def matches(rules: Sequence[Rule], events: Sequence[Event]) -> set[tuple[str, int]]:
    found = scan_evaluator(bind(rules, ignore_logsource=True), events).matches
    return {(match.detection, match.event) for match in found}


@pytest.fixture(scope="module")
def found(corpus: Corpus, regression: Regression) -> set[tuple[str, int]]:
    return matches(corpus.read.rules, regression.events)


def test_the_match_set_is_exact(found: set[tuple[str, int]], regression: Regression) -> None:
    assert len(regression.events) == 212
    assert found - regression.expected == set()
    assert regression.expected - found == set()


def heeds_case(expr: Expr) -> bool:
    """Whether letters' case can matter: regular expressions, and texts marked `cased`."""
    refs = (n for n in nodes_of(expr) if isinstance(n, FieldRef) and n.cased)
    tests = walk.tests_of(expr)
    strict = (t for t in tests if isinstance(t, Regex) or (isinstance(t, Text) and t.cased))
    return any(chain(refs, strict))


def upper(text: str) -> str:
    """Upper case by code points that fold back to the same text, as events of other tools have."""
    return "".join(u if len(u := c.upper()) == 1 and fold(u) == fold(c) else c for c in text)


def changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {k: changed(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [changed(v, change) for v in value]
    return change(value) if isinstance(value, str) else value


@pytest.mark.parametrize("change", [upper, fold], ids=["upper", "lower"])
def test_case_of_events_matters_only_to_rules_that_heed_it(
    corpus: Corpus,
    regression: Regression,
    found: set[tuple[str, int]],
    change: Callable[[str], str],
) -> None:
    """Leaves without `cased` and `re` see folded texts, so for them nothing may change.

    Times stay: `t` and `z` of a lowered ISO time are no time any more, but no rule asks for one.
    """
    some = range(0, len(regression.events), 4)
    again = {
        (rule, some[n])
        for rule, n in matches(
            corpus.read.rules, [changed(regression.events[n], change) for n in some]
        )
    }
    before = {(rule, n) for rule, n in found if n in some}
    strict = {r.detection.id for r in corpus.read.rules if heeds_case(r.expr)}
    assert {rule for rule, _ in before ^ again} <= strict
    assert before & again
    assert before ^ again, "some rule heeds case, or this proves less than it says"


def without(event: Event, field: str, how: str = "removed") -> Event:
    less = {key: value for key, value in event.items() if key != field}
    return less if how == "removed" else less | {field: MISSING[how]}


MISSING: dict[str, Any] = {"null": None, "an empty array": [], "an array of nulls": [None, None]}


@pytest.mark.parametrize("how", MISSING)
def test_ways_to_miss_a_field_are_one(
    corpus: Corpus, regression: Regression, found: set[tuple[str, int]], how: str
) -> None:
    """Every rule that matches, on one of its events without each of its fields in turn."""
    rules = {rule.detection.id: rule for rule in corpus.read.rules}
    for rule_id, number in dict(sorted(found)).items():
        rule, event = rules[rule_id], regression.events[number]
        fields = sorted(fields_of(rule.expr) & set(event))
        plain = [without(event, f) for f in fields]
        other = [without(event, f, how) for f in fields]
        assert matches([rule], plain) == matches([rule], other), rule_id


def test_on_an_empty_event_only_negations_and_nulls_hold(corpus: Corpus) -> None:
    matched = {rule for rule, _ in matches(corpus.read.rules, [{}])}
    for rule in corpus.read.rules:
        may = any(isinstance(node, Not | IsNull) for node in nodes_of(rule.expr))
        assert may or rule.detection.id not in matched
