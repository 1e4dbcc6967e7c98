"""The corpus, read once for all tests of this folder."""

import json
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


@dataclass(frozen=True)
class Regression:
    """SigmaHQ's regression events, and the exact set of (rule id, number of the event)."""

    events: list[dict[str, Any]]
    expected: set[tuple[str, int]]


@pytest.fixture(scope="session")
def corpus(shared: Path) -> Corpus:
    root = shared / "corpus/sigmahq"
    read = collect([root / f"rules{folder}" for folder in FOLDERS])
    return Corpus(root, read)


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
