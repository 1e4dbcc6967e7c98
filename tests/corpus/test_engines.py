"""SigmaHQ's rules on the real engines over the regression events in six forms.

The unchanged events give the expected set that two engines of others agreed on; on the changed
ones every engine gives what the evaluator gives.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from corpus.conftest import Corpus, Regression
from corpus.variants import forms
from corpus_rules import bind
from differential.seed import SEED
from tocsin.backend.base import Endpoints, NoServers
from tocsin.backend.forms import Form
from tocsin.backend.registry import by_engine
from tocsin.front.rule import Rule
from tocsin.scan.run import ScanResult, scan_engine, scan_evaluator

pytestmark = pytest.mark.shared

Found = set[tuple[str, int]]
FLINK_STATEMENTS = 320
SPARK_OTHERS, SPARK_REFUSED = 300, 30


@pytest.fixture(scope="module")
def events(regression: Regression) -> list[dict[str, Any]]:
    return forms(regression.events)


@pytest.fixture(scope="module")
def evaluated(corpus: Corpus, events: list[dict[str, Any]]) -> Found:
    return pairs(scan_evaluator(bind(corpus.read.rules, ignore_logsource=True), events))


def pairs(result: ScanResult) -> Found:
    return {(match.detection, match.event) for match in result.matches}


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
    assert len(evaluated) > 3 * len(regression.expected)


@pytest.mark.parametrize("form", Form)
def test_duckdb(corpus: Corpus, events: list[dict[str, Any]], evaluated: Found, form: Form) -> None:
    result = run("duckdb", corpus.read.rules, events, NoServers(), form)
    assert not result.refused
    assert pairs(result) ^ evaluated == set()


@pytest.mark.parametrize("form", Form)
def test_spark(corpus: Corpus, events: list[dict[str, Any]], evaluated: Found, form: Form) -> None:
    """As statements: all rules that match some event, some others, another choice each time.

    They lack the expressions that Java has no linear form of.
    """
    rules = corpus.read.rules
    if form is Form.SQL:
        matching = {rule for rule, _ in evaluated}
        others = [rule for rule in rules if rule.detection.id not in matching]
        rules = (
            *(rule for rule in rules if rule.detection.id in matching),
            *Random(SEED).sample(others, SPARK_OTHERS),
        )
    result = run("spark", rules, events, NoServers(), form)
    refused = {each.rule for each in result.refused}
    assert all("Regex backtracks" in each.message for each in result.refused)
    assert len(refused) <= (SPARK_REFUSED if form is Form.SQL else 0)
    assert pairs(result) == {pair for pair in evaluated if pair[0] not in refused}


@pytest.mark.engine
def test_kafka(
    corpus: Corpus, events: list[dict[str, Any]], evaluated: Found, broker: Endpoints
) -> None:
    result = run("kafka", corpus.read.rules, events, broker)
    assert not result.refused
    assert pairs(result) ^ evaluated == set()


@pytest.mark.engine
def test_flink(
    corpus: Corpus, events: list[dict[str, Any]], evaluated: Found, endpoints: Endpoints
) -> None:
    """All rules that match some event, and others up to a number that the cluster can take."""
    matching = {rule for rule, _ in evaluated}
    chosen = sorted(
        corpus.read.rules, key=lambda r: (r.detection.id not in matching, r.detection.id)
    )
    result = run("flink", chosen[:FLINK_STATEMENTS], events, endpoints)
    refused = {each.rule for each in result.refused}
    assert len(refused) < FLINK_STATEMENTS * 0.05
    ids = {rule.detection.id for rule in chosen[:FLINK_STATEMENTS]} - refused
    assert pairs(result) ^ {(rule, n) for rule, n in evaluated if rule in ids} == set()
