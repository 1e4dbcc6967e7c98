"""Real engines, started once per run."""

import os
import re
from collections.abc import Iterator

import psutil
import pytest

from tocsin_runtime.engines import Endpoints, down, running
from tocsin_runtime.engines.places import state_root


@pytest.fixture(scope="session")
def endpoints() -> Iterator[Endpoints]:
    """A Kafka broker and a Flink cluster of this run alone; stopped at its end.

    Tests share them: take topic and table names that no other test takes.
    """
    _stop_left_over()
    with running(("kafka", "flink"), name=f"tests-{os.getpid()}") as started:
        yield started


def _stop_left_over() -> None:
    """Stop the engines of runs that were killed."""
    for folder in state_root().glob("tests-*"):
        owner = re.fullmatch(r"tests-(\d+)", folder.name)
        if owner and not psutil.pid_exists(int(owner[1])):
            down(name=folder.name, purge=True)
