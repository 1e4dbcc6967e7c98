"""SigmaHQ's rules on the real engines over the regression events in six forms.

The unchanged events give the expected set that two engines of others agreed on; on the changed
ones every engine gives what the evaluator gives.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from corpus.conftest import Corpus, Regression
from corpus.variants import some_forms
from corpus_rules import bind
from tocsin.backend.base import Endpoints, NoServers
from tocsin.backend.forms import Form
from tocsin.backend.registry import by_engine
from tocsin.front.rule import Rule
from tocsin.scan.run import ScanResult, scan_engine, scan_evaluator
from whole import share

pytestmark = pytest.mark.shared

Found = set[tuple[str, int]]
STATEMENTS = 50
"""Rules that match some event, each a statement of its own where planners are slow."""
MOST_REFUSED = 0.06
FLINK_STATEMENTS = 320


@pytest.fixture(scope="module")
def events(regression: Regression) -> list[dict[str, Any]]:
    return some_forms(regression.events)


@pytest.fixture(scope="module")
def evaluated(corpus: Corpus, events: list[dict[str, Any]]) -> Found:
    return pairs(scan_evaluator(bind(corpus.read.rules, ignore_logsource=True), events))


def pairs(result: ScanResult) -> Found:
    return {(match.detection, match.event) for match in result.matches}


def some(corpus: Corpus, regression: Regression) -> tuple[Rule, ...]:
    """Rules that match some unchanged event, and half as many others."""
    matching = {rule for rule, _ in regression.expected}
    yes = [rule for rule in corpus.read.rules if rule.detection.id in matching]
    no = [rule for rule in corpus.read.rules if rule.detection.id not in matching]
    return (*share(yes, STATEMENTS), *share(no, STATEMENTS // 2))


def check_some(engine: str, rules: Sequence[Rule], events: list[Any], at: Endpoints) -> None:
    """Their statements find what the evaluator does, but for a few that the engine refuses."""
    result = run(engine, rules, events, at)
    refused = {each.rule for each in result.refused}
    assert len(refused) <= len(rules) * MOST_REFUSED, result.refused
    evaluated = pairs(scan_evaluator(bind(rules, ignore_logsource=True), events))
    assert pairs(result) == {pair for pair in evaluated if pair[0] not in refused}


def run(
    engine: str,
    rules: Sequence[Rule],
    events: list[Any],
    at: Endpoints,
    form: Form = Form.SQL,
) -> ScanResult:
    queries = bind(rules, ignore_logsource=True)
    return scan_engine(queries, events, by_engine(engine), at, form=form)


def test_evaluator_gives_the_expected_set(evaluated: Found, regression: Regression) -> None:
    unchanged = {(rule, n) for rule, n in evaluated if n < len(regression.events)}
    assert unchanged == regression.expected
    assert len(evaluated) > 1.5 * len(regression.expected)


@pytest.mark.parametrize("form", Form)
def test_duckdb(corpus: Corpus, events: list[dict[str, Any]], evaluated: Found, form: Form) -> None:
    result = run("duckdb", corpus.read.rules, events, NoServers(), form)
    assert not result.refused
    assert pairs(result) ^ evaluated == set()


def test_spark(corpus: Corpus, events: list[dict[str, Any]], evaluated: Found) -> None:
    result = run("spark", corpus.read.rules, events, NoServers(), Form.PACK)
    assert not result.refused
    assert pairs(result) ^ evaluated == set()


def test_statements_on_spark(
    corpus: Corpus, events: list[dict[str, Any]], regression: Regression
) -> None:
    """They lack the expressions that Java has no linear form of."""
    check_some("spark", some(corpus, regression), events, NoServers())


@pytest.mark.engine
def test_kafka(
    corpus: Corpus, events: list[dict[str, Any]], evaluated: Found, broker: Endpoints
) -> None:
    result = run("kafka", corpus.read.rules, events, broker)
    assert not result.refused
    assert pairs(result) ^ evaluated == set()


@pytest.mark.engine
def test_flink(
    corpus: Corpus, events: list[dict[str, Any]], regression: Regression, endpoints: Endpoints
) -> None:
    """As many as the cluster can take."""
    rules = some(corpus, regression)[:FLINK_STATEMENTS]
    check_some("flink", rules, events, endpoints)
