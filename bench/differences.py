"""How the matches of a contender differ from the evaluator's on the same events."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from bench.events import DATA_SETS, cache_folder, events, made
from bench.rules import corpus


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of events that all contenders answer on."""

    name: str
    path: Path
    count: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Pairs of rule and event that only one side has; `rules`: rules that differ at all."""

    both: int
    only_theirs: int
    only_ours: int
    rules: int


def difference(ours: Path, theirs: Path) -> Difference:
    """Compare two files of pairs, one a line."""
    left, right = (set(path.read_text("utf-8").splitlines()) for path in (ours, theirs))
    odd = left ^ right
    rules = {line.split("\t")[0] for line in odd}
    return Difference(len(left & right), len(right - left), len(left - right), len(rules))


def samples(count: int, seed: int) -> list[Sample]:
    """Generated events, half of them attacks; and real ones where the corpus is beside us."""
    generated = made(DATA_SETS["attacks"], count, seed)
    real = _real(count)
    return [Sample("generated", generated, count), *([real] if real else [])]


def _real(count: int) -> Sample | None:
    found = corpus()
    if found is None:
        return None
    path = cache_folder() / f"real-{count}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = next(events(DATA_SETS["quiet"], seed=0))
    starts = islice(_process_creations(found.parent.parent), count)
    lines = [orjson.dumps(as_generated(event, fields)) for event in starts]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return Sample("real", path, len(lines))


def as_generated(event: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The event with the fields of generated ones alone, numbers as numbers.

    SQL engines have one column a field, of one type, and names that ignore case.
    """
    return {
        name: int(value) if isinstance(fields[name], int) else value
        for name, value in event.items()
        if name in fields and isinstance(value, str | int)
    }


def _process_creations(shared: Path) -> Iterator[dict[str, Any]]:
    """Events 1 of Sysmon: SigmaHQ's regression cases, then recorded attacks."""
    cases = sorted((shared / "corpus/regression/cases").glob("*/flat.jsonl"))
    recorded = sorted((shared / "data/windows").glob("*/*.jsonl.gz"))
    for file in (*cases, *recorded):
        for event in map(orjson.loads, _lines(file)):
            if event.get("EventID") == 1 and "CommandLine" in event:
                yield event


def _lines(file: Path) -> Iterator[bytes]:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
        yield from stream
