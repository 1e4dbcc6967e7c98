"""How the matches of a contender differ from the evaluator's on the same events."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from bench.events import DATA_SETS, cache_folder, events, made
from bench.protocol import Pair
from bench.rules import corpus


@dataclass(frozen=True, slots=True)
class Sample:
    """Events of one kind in the file that all contenders answer on: where they stand in it."""

    name: str
    numbers: range


@dataclass(frozen=True, slots=True)
class Difference:
    """Pairs of rule and event that only one side has; `rules`: rules that differ at all."""

    sample: str
    events: int
    both: int
    only_theirs: int
    only_ours: int
    rules: int


def differences(samples: Iterable[Sample], ours: Path, theirs: Path) -> list[Difference]:
    """Compare two files of pairs, one a line, by sample."""
    left, right = _pairs(ours), _pairs(theirs)
    return [_difference(sample, left, right) for sample in samples]


def _difference(sample: Sample, ours: set[Pair], theirs: set[Pair]) -> Difference:
    left, right = ({pair for pair in each if pair[1] in sample.numbers} for each in (ours, theirs))
    return Difference(
        sample=sample.name,
        events=len(sample.numbers),
        both=len(left & right),
        only_theirs=len(right - left),
        only_ours=len(left - right),
        rules=len({rule for rule, _ in left ^ right}),
    )


def _pairs(path: Path) -> set[Pair]:
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return {(rule, int(event)) for rule, event in rows}


def sampled(count: int, seed: int) -> tuple[Path, list[Sample]]:
    """One file: generated events, half of them attacks, then real ones if the corpus is there."""
    generated = made(DATA_SETS["attacks"], count, seed).read_bytes()
    real = list(islice(_real(), count))
    path = cache_folder() / f"sample-{count}-{seed}.jsonl"
    path.write_bytes(generated + b"".join(orjson.dumps(event) + b"\n" for event in real))
    samples = [Sample("generated", range(count))]
    if real:
        samples.append(Sample("real", range(count, count + len(real))))
    return path, samples


def _real() -> Iterator[dict[str, Any]]:
    found = corpus()
    if found:
        fields = next(events(DATA_SETS["quiet"], seed=0))
        for event in _process_creations(found.parent.parent):
            yield as_generated(event, fields)


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
