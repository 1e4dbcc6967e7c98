"""The corpus, read once for all tests of this folder."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tocsin.front.collect import RuleSet, collect

FOLDERS = ("", "-emerging-threats", "-threat-hunting", "-compliance", "-placeholder")


@dataclass(frozen=True)
class Corpus:
    """SigmaHQ's rules as read, and what that cost."""

    root: Path
    read: RuleSet
    cpu_seconds: float


@dataclass(frozen=True)
class Regression:
    """SigmaHQ's regression events, and the exact set of (rule id, number of the event)."""

    events: list[dict[str, Any]]
    expected: set[tuple[str, int]]


@contextmanager
def cpu_time() -> Iterator[list[float]]:
    """Seconds of processor time of the block, in a list of one."""
    spent = [time.process_time()]
    yield spent
    spent[0] = time.process_time() - spent[0]


@pytest.fixture(scope="session")
def corpus(shared: Path) -> Corpus:
    root = shared / "corpus/sigmahq"
    with cpu_time() as spent:
        read = collect([root / f"rules{folder}" for folder in FOLDERS])
    return Corpus(root, read, spent[0])


def json_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="session")
def regression(shared: Path) -> Regression:
    folder = shared / "corpus/regression"
    events: list[dict[str, Any]] = []
    numbers: dict[str, int] = {}
    for path in sorted((folder / "cases").glob("*/flat.jsonl")):
        for line, event in enumerate(json_lines(path)):
            numbers[f"{path.parent.name}#{line}"] = len(events)
            events.append(event)
    rows = json_lines(folder / "expected_matches.jsonl")
    expected = {(row["rule_id"], numbers[name]) for row in rows for name in row["matches"]}
    return Regression(events, expected)
