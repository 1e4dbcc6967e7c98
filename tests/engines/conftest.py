"""Real engines for the tests of this folder, started once per run."""

import os
from collections.abc import Iterator

import pytest

from tocsin_runtime.engines import Endpoints, running


@pytest.fixture(scope="session")
def endpoints() -> Iterator[Endpoints]:
    """A Kafka broker and a Flink cluster of this run alone; stopped at its end.

    Tests share them: take topic and table names that no other test takes.
    """
    with running(("kafka", "flink"), name=f"tests-{os.getpid()}") as started:
        yield started
