"""Real engines, started once per run."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import cast

import psutil
import pytest

from tocsin_engines import EngineAddresses, down, running
from tocsin_engines.places import state_root


@pytest.fixture(scope="session")
def endpoints() -> Iterator[EngineAddresses]:
    """A Kafka broker and a Flink cluster of this run alone; stopped at its end.

    Tests share them: take topic and table names that no other test takes.
    """
    _stop_left_over()
    with running(("kafka", "flink"), name=f"tests-{os.getpid()}") as started:
        yield started


@pytest.fixture(scope="session")
def broker() -> Iterator[EngineAddresses]:
    """A Kafka broker of this process alone, without a cluster; else as `endpoints`."""
    _stop_left_over()
    with running(("kafka",), name=f"tests-broker-{os.getpid()}") as started:
        yield started


def serving(needs: Sequence[str], request: pytest.FixtureRequest) -> EngineAddresses:
    """What serves a backend that needs these engines."""
    name = "broker" if tuple(needs) == ("kafka",) else "endpoints"
    return cast("EngineAddresses", request.getfixturevalue(name))


def _stop_left_over() -> None:
    """Stop the engines of runs that were killed."""
    for folder in state_root().glob("tests-*"):
        owner = re.fullmatch(r"tests-(?:broker-)?(\d+)", folder.name)
        if owner and not psutil.pid_exists(int(owner[1])):
            down(name=folder.name, purge=True)
