"""No file asks for more time or memory than it is worth: what it means is counted before it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from authoring import codes, rule, write
from faults.attacks import attacks
from faults.fuzz import FINE, MEMORY, Input, run, warm
from tocsin.front.collect import collect

FOLDER = Path(__file__).parent / "security"
SECONDS = 120
"""Of CPU; ten are what is aimed at, and what `python -m faults.fuzz attacks` looks for."""
SAID = {
    "values": ("rules/attack.yml:7:4", "the detection makes more than 10000 tests"),
    "windash and Base64": ("rules/attack.yml", "the detection makes more than 10000 tests"),
    "product of placeholders": ("rules/attack.yml:6:18", "more than 10000 tests"),
    "references": ("rules/attack.yml", "more than 10000 tests"),
    "filter of many": ("rules/filter.yml:3", "all filters together makes more than 100000 tests"),
    "base": ("rules/attack.test.yml", "events of more than 200000 values"),
    "depth by carriage returns": ("rules/attack.yml:41:41", "nested too deeply"),
}


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm()


def test_a_megabyte_ends_within_bounds() -> None:
    broken: list[str] = []
    for name, files in attacks():
        assert max(map(len, files.values())) <= 1_000_000
        [done] = run([Input(name, files, [("validate",)])])
        heavy = done.seconds > SECONDS or done.memory > MEMORY
        if heavy or done.code not in FINE or not all(s in done.said for s in SAID.get(name, ())):
            broken.append(f"{done}\n{done.said[-300:]}")
    assert not broken, "\n".join(broken)


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
