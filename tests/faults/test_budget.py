"""No file asks for more time or memory than it is worth: what it means is counted before it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from authoring import codes, rule, write
from differential.seed import SEED
from faults.attacks import attacks
from faults.fuzz import Input, Run, run, warm
from faults.mutants import tried
from tocsin.front.collect import collect

FOLDER = Path(__file__).parent / "security"
SECONDS = 120
"""Of CPU; ten are what is aimed at, and what `python -m faults.fuzz attacks` looks for."""
SAID = {
    "values": ("rules/attack.yml:7:4", "the detection: more than 10000 tests"),
    "windash and Base64": ("rules/attack.yml", "the detection: more than 10000 tests"),
    "product of placeholders": ("rules/attack.yml:6:18", "more than 10000 tests"),
    "references": ("rules/attack.yml", "more than 10000 tests"),
    "filter of many": ("rules/filter.yml:3", "all filters together: more than 100000 tests"),
    "base": ("rules/attack.test.yml", "its events hold more than 200000 values"),
    "depth by carriage returns": ("rules/attack.yml:41:41", "nested too deeply"),
}


@pytest.fixture(scope="module")
def apart() -> Iterator[ProcessPoolExecutor]:
    """A small process, whose forks are measured: what other tests left here would count."""
    context = get_context("forkserver")
    with ProcessPoolExecutor(1, mp_context=context, initializer=warm) as pool:
        yield pool


def ran(inputs: Sequence[Input]) -> list[Run]:
    return list(run(inputs))


def changed(count: int, seed: int) -> list[Run]:
    return list(tried(count, seed))


def test_a_megabyte_ends_within_bounds(apart: ProcessPoolExecutor) -> None:
    """A third of the attacks, another one each time; `python -m faults.fuzz attacks` runs all."""
    for number, (name, files) in enumerate(attacks()):
        assert max(map(len, files.values())) <= 1_000_000
        if name in SAID or number % 3 == SEED % 3:
            [done] = apart.submit(ran, [Input(name, files, [("validate",)])]).result()
            told = f"{done}\n{done.said[-300:]}"
            assert not done.beyond(SECONDS), told
            assert all(said in done.said for said in SAID.get(name, ())), told


def test_changed_files_end_within_bounds(apart: ProcessPoolExecutor) -> None:
    """Some of what `python -m faults.mutants` runs many thousands of, other ones each time."""
    runs = apart.submit(changed, 100, SEED).result()
    assert [f"{done}\n{done.said}" for done in runs if done.beyond(SECONDS)] == []
    assert {done.code for done in runs} >= {0, 1}


@pytest.mark.parametrize("name", ["redos.yml", "redos2.yml"])
def test_a_glob_in_a_condition_is_linear(name: str) -> None:
    found = collect([FOLDER / name])
    assert codes(found.diagnostics) == ["TOC031"]


def test_a_long_list_is_no_attack(tmp_path: Path) -> None:
    values = [f"h{n:063x}" for n in range(4432)]
    detection = {"s": {"action|contains": values}, "condition": "s"}
    found = collect([write(tmp_path / "long.yml", rule(detection=detection))])
    assert not found.diagnostics
    assert len(found.rules) == 1
