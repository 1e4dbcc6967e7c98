"""The benchmark's events: repeatable, of the size and shape that the page says."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random
from statistics import mean

import duckdb
import orjson
import pytest
import yaml

from bench.differences import as_generated
from bench.events import DATA_SETS, SEARCHED, Event, events, made, made_parquet
from bench.population import DATA, populate
from bench.templates import Makers, Template


def some(name: str, count: int = 2000, seed: int = 1) -> list[Event]:
    return list(islice(events(DATA_SETS[name], seed), count))


@pytest.mark.parametrize("name", DATA_SETS)
def test_same_seed_same_events(name: str) -> None:
    assert some(name, 300) == some(name, 300)
    assert some(name, 300) != some(name, 300, seed=2)


@pytest.mark.parametrize("name", DATA_SETS)
def test_events_are_flat_and_of_about_the_stated_size(name: str) -> None:
    found = some(name)
    assert {type(value) for event in found for value in event.values()} == {str, int}
    assert len({tuple(event) for event in found}) == 1
    assert 1300 < mean(len(orjson.dumps(event)) for event in found) < 2000


def test_background_is_of_few_lines_that_are_frequent_and_many_that_are_rare() -> None:
    lines = Counter(event["CommandLine"] for event in some("quiet", 20_000))
    frequent = sum(count for _, count in lines.most_common(100))
    assert frequent > 20_000 * 0.4
    once = sum(1 for count in lines.values() if count == 1)
    assert 20_000 * 0.3 < once < 20_000 * 0.45


def test_attacks_are_two_in_a_hundred_of_realistic_and_none_of_quiet() -> None:
    population = populate(Random(1))
    assert len(population.attacks) >= 80
    originals = {"mimikatz.exe", "Rubeus.exe", "procdump", "SharpHound.exe", "rclone.exe"}

    def share(name: str) -> float:
        return mean(event["OriginalFileName"] in originals for event in some(name, 20_000))

    tools = mean(line.program.original in originals for line in population.attacks)
    assert share("realistic") == pytest.approx(0.02 * tools, rel=0.5)
    assert share("quiet") == 0


def test_fresh_has_no_command_line_twice() -> None:
    for field in ("CommandLine", "ParentCommandLine"):
        assert max(Counter(event[field] for event in some("fresh", 20_000)).values()) == 1, field


def test_norepeat_has_no_searched_value_twice() -> None:
    found = some("norepeat", 20_000)
    for field in SEARCHED:
        assert max(Counter(event[field] for event in found).values()) == 1, field


def test_every_place_in_the_tables_has_a_maker() -> None:
    attacks = yaml.safe_load((DATA / "attacks.yml").read_text("utf-8"))
    assert len({entry["line"] for entry in attacks}) == len(attacks)
    for line in populate(Random(3)).background:
        text = line.text.fill(Random(3))
        assert "{user}" not in text
        assert "{service}" not in text


def test_an_unknown_place_is_refused() -> None:
    makers = Makers({"noun": ["a"], "first": ["b"], "last": ["c"]})
    assert Template("x <user> <word>", makers.named).fill(Random(1)).startswith("x b.c a")
    with pytest.raises(ValueError, match="no maker 'nobody'"):
        Template("x <nobody>", makers.named)


def test_files_are_made_once_and_parquet_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path))
    kind = DATA_SETS["realistic"]
    path = made(kind, 50, seed=5)
    stamp = path.stat().st_mtime_ns
    assert made(kind, 50, seed=5).stat().st_mtime_ns == stamp
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert lines == list(islice(events(kind, 5), 50))
    table = duckdb.read_parquet(str(made_parquet(kind, 50, seed=5)))
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
    assert rows == lines


def test_recorded_events_get_the_shape_of_generated_ones() -> None:
    fields = some("quiet", 1)[0]
    event = {"EventID": "1", "Image": "a.exe", "processid": "7", "User": None, "ProcessId": "12"}
    assert as_generated(event, fields) == {"EventID": 1, "Image": "a.exe", "ProcessId": 12}
