"""Every installed backend against the contract, on its real engine: one run each."""

from __future__ import annotations

from functools import cache
from itertools import groupby

import pytest

from cluster import serving
from tocsin.backend import registry
from tocsin.conformance import ConformanceReport, ContractCase, case_ids, cases, rows, run
from tocsin.conformance.marks import marks_of
from whole import WHOLE, share

SLOW = ("flink-sql", "spark-sql")
"""Planners that take a part of a second for each case."""
SHARE = 20
"""A slow one gets one of so many cases of a row, at least one."""

NAMES = [n for n in registry.names() if n not in SLOW or WHOLE]
ALL_HERE = [name for name in NAMES if not registry.load(name).needs]
ALL_ON_SERVERS = [name for name in NAMES if registry.load(name).needs]
PARTLY = [n for n in registry.names() if n not in NAMES and not registry.load(n).needs]
PARTLY_ON_SERVERS = [n for n in registry.names() if n not in NAMES and registry.load(n).needs]


@cache
def some() -> tuple[ContractCase, ...]:
    """Of every row of the contract some cases that have a meaning."""
    by_row = groupby((case for case in cases() if not case.refused), lambda case: case.row)
    drawn = (list(row) for _, row in by_row)
    return tuple(case for row in drawn for case in share(row, -(-len(row) // SHARE)))


@pytest.fixture(scope="module", params=ALL_HERE)
def report(request: pytest.FixtureRequest) -> ConformanceReport:
    return run(registry.load(request.param))


@pytest.mark.parametrize("case", case_ids())
def test_case(report: ConformanceReport, case: str) -> None:
    report.check(case)


@pytest.mark.parametrize("name", registry.names())
def test_marks_cover_something(name: str) -> None:
    known = (case.id for case in cases() if not case.refused)
    assert marks_of(registry.load(name)).stale(known, (row.id for row in rows())) == []


@pytest.mark.parametrize("name", PARTLY)
def test_some(name: str) -> None:
    agrees(run(registry.load(name), only=some()), some())


@pytest.mark.engine
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ALL_ON_SERVERS)
def test_on_servers(name: str, request: pytest.FixtureRequest) -> None:
    backend = registry.load(name)
    whole = tuple(case for case in cases() if not case.refused)
    agrees(run(backend, serving(backend.needs, request)), whole)


@pytest.mark.engine
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", PARTLY_ON_SERVERS)
def test_on_servers_some(name: str, request: pytest.FixtureRequest) -> None:
    backend = registry.load(name)
    agrees(run(backend, serving(backend.needs, request), only=some()), some())


def agrees(report: ConformanceReport, wanted: tuple[ContractCase, ...]) -> None:
    assert len(report.results) == len(wanted)
    assert report.problems == []
