"""Some hundred generated detections on every engine: each agrees with the evaluator, or refuses."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from cluster import serving
from differential.cases import kept
from differential.compare import Subject, Tally, compare
from differential.flink_many import drawn_together
from differential.paste import pasted
from differential.reduce import reduced
from differential.seed import SEED
from tocsin.backend import registry
from tocsin.backend.base import Backend
from tocsin_engines import EngineAddresses

CASES = {"flink-sql": 50, "spark-sql": 50}
"""Cases of one run; 200 elsewhere: planners are slow. `record.py` runs thousands."""
BATCH = 50
SHOWN = 3

IN_PROCESS = [name for name in registry.names() if not registry.load(name).needs]
ON_SERVERS = [name for name in registry.names() if registry.load(name).needs]


@pytest.mark.parametrize("name", IN_PROCESS)
def test_in_process(name: str) -> None:
    backend = registry.load(name)
    if missing := registry.missing(backend.engine):
        pytest.skip(missing)
    _agree(backend, EngineAddresses({}, Path()))


@pytest.mark.engine
@pytest.mark.parametrize("name", ON_SERVERS)
def test_on_servers(name: str, request: pytest.FixtureRequest) -> None:
    backend = drawn_together(name)
    _agree(backend, serving(backend.needs, request))


def _agree(backend: Backend, endpoints: EngineAddresses) -> None:
    subject = Subject(backend, endpoints)
    cases = kept(SEED)
    wanted = CASES.get(backend.name, 200)
    tally = Tally()
    while tally.cases < wanted:
        compare(subject, list(islice(cases, BATCH)), tally)
        assert not tally.differences, _told(subject, tally)
    assert 0.2 * tally.own_pairs < tally.own_matches < 0.7 * tally.own_pairs
    assert sum(tally.refused.values()) < 0.2 * tally.cases, tally.refused


def _told(subject: Subject, tally: Tally) -> str:
    few = [pasted(reduced(subject, d), f"seed {SEED}") for d in tally.differences[:SHOWN]]
    return "\n".join([f"\nTOCSIN_SEED={SEED}; cases for tocsin.conformance:", *few])
