"""A detection that fails or takes too long is evaluated apart; its neighbours' results stay."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tocsin.diagnostics import Span
from tocsin.ir.nodes import Const, Expr, Leaf, Regex, Text
from tocsin.ir.query import Query
from tocsin.model.artifact import Match
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import LogSource, Source
from tocsin.pack import Part
from tocsin_matcher import EvaluatorMatcher, Matched, PackMatcher
from tocsin_runtime.stream.base import Record, Sink
from tocsin_runtime.worker.filters import FilterLane
from tocsin_runtime.worker.isolation import Isolating, failing
from tocsin_runtime.worker.process import Processor

SOURCE = Source("audit", (), topic="audit", id_fields=("id",))


def part(name: str, expr: Expr) -> Part:
    detection = Detection(name, name, Meta(title=name), LogSource("p"), Span())
    return Part.of(Query(detection, SOURCE, Const(value=True), expr))


PARTS = [part(f"d{n}", Leaf("action", Text((f"a{n}",)))) for n in range(9)]


class Fragile(PackMatcher):
    """Fails on a word while it has a certain detection: a bug that only some events meet."""

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__(parts)
        self._ill = {"d3", "d7"} & {each.detection for each in parts}

    def match_lines(self, lines: Sequence[bytes]) -> Matched:
        if self._ill and any(b"poison" in line for line in lines):
            raise RecursionError(f"too deep for {sorted(self._ill)}")
        return super().match_lines(lines)


def lines(*actions: str) -> list[bytes]:
    return [json.dumps({"action": action}).encode() for action in actions]


def test_halving_finds_all_that_fail() -> None:
    assert failing(PARTS, lines("a1"), Fragile) == {}
    found = failing(PARTS, lines("a1", "poison"), Fragile)
    assert sorted(found) == ["d3", "d7"]
    assert found["d3"].startswith("RecursionError: too deep")


def test_neighbours_and_the_isolated_match_as_before() -> None:
    batch = lines(*(f"a{n % 9}" for n in range(50)), "poison")
    pack = Isolating(PARTS, Fragile)
    assert pack.match_lines(batch).matches == PackMatcher(PARTS).match_lines(batch).matches
    assert sorted(pack.isolated) == ["d3", "d7"]
    assert pack.match_lines(lines("a3", "a4")).matches == [Match("d3", 0), Match("d4", 1)]


def test_what_an_isolated_detection_fails_on_is_a_dead_letter_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = EvaluatorMatcher.match_lines

    def ill(self: EvaluatorMatcher, several: Sequence[bytes]) -> Matched:
        if any(b"poison" in line for line in several):
            raise ValueError("hm")
        return plain(self, several)

    monkeypatch.setattr(EvaluatorMatcher, "match_lines", ill)
    lane = FilterLane(PARTS, Fragile)
    values = lines("a3", "poison", "a4")
    batch = Processor(lambda _: (lane,))([Record("audit", 0, n, v) for n, v in enumerate(values)])
    told = [(o.sink, o.subject, json.loads(o.value)["offset"]) for o in batch.outputs]
    assert told == [
        (Sink.DEAD, "d3", 1),
        (Sink.DEAD, "d7", 1),
        (Sink.MATCHES, "d3", 0),
        (Sink.MATCHES, "d4", 2),
    ]
    assert (batch.counters.events, batch.counters.dead_letters) == (3, 2)
    assert sorted(lane.isolated) == ["d3", "d7"]


def test_a_slow_detection_is_found_by_the_time_it_takes() -> None:
    heavy = part("heavy", Leaf("action", Regex("(x?){500}[^q]{900}z")))
    both = [*PARTS, heavy]
    batch = lines("a3", "a4", *(f"{n}z{'xy' * 5000}" for n in range(500)))
    pack = Isolating(both, PackMatcher, patience=0.5)
    found = pack.match_lines(batch)
    assert found.matches == [Match("d3", 0), Match("d4", 1)]
    assert list(pack.isolated) == ["heavy"]
    assert "on an event of 10" in pack.isolated["heavy"]
    # All at once it would take minutes. It has little time, and what it cannot tell is told.
    assert {each.detection for each in found.failed} == {"heavy"}
    assert len(found.failed) > 400
    assert "OutOfTimeError" in found.failed[0].reason


def test_a_pack_without_trouble_is_left_alone() -> None:
    pack = Isolating(PARTS, PackMatcher)
    assert pack.match_lines(lines("a1")).matches == [Match("d1", 0)]
    assert pack.isolated == {}
