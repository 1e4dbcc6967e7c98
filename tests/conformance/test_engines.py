"""Every installed backend against the contract, on its real engine: one run each."""

from __future__ import annotations

import pytest

from cluster import serving
from tocsin.backend import registry
from tocsin.backend.conformance import Report, case_ids, cases, run

IN_PROCESS = [name for name in registry.names() if not registry.load(name).needs]
ON_SERVERS = [name for name in registry.names() if registry.load(name).needs]


@pytest.fixture(scope="module", params=IN_PROCESS)
def report(request: pytest.FixtureRequest) -> Report:
    return run(registry.load(request.param))


@pytest.mark.parametrize("case", case_ids())
def test_case(report: Report, case: str) -> None:
    report.check(case)


def test_marks_cover_something(report: Report) -> None:
    assert report.stale == ()


@pytest.mark.engine
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ON_SERVERS)
def test_on_servers(name: str, request: pytest.FixtureRequest) -> None:
    backend = registry.load(name)
    report = run(backend, serving(backend.needs, request))
    assert len(report.results) == sum(not case.refused for case in cases())
    assert report.problems == []
