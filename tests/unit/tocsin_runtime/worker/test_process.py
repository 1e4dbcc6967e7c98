"""What the worker makes of a batch of records: order, what is decoded, what is learned."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from tocsin.diagnostics import Span
from tocsin.ir.nodes import Const, Expr, Leaf, Text
from tocsin.ir.query import Query
from tocsin.model.artifact import Match
from tocsin.model.detection import Detection, Meta
from tocsin.model.source import LogSource, Source
from tocsin.pack import Part
from tocsin_matcher import Matched, PackMatcher
from tocsin_matcher.base import Cost
from tocsin_runtime.alerts.match import MatchRecord
from tocsin_runtime.stream.base import Output, Record, Sink
from tocsin_runtime.stream.loop import Batch
from tocsin_runtime.worker.filters import FilterLane
from tocsin_runtime.worker.lessons import (
    FIRST,
    LATER,
    MOST_BYTES,
    MOST_LINES,
    SECOND,
    Lessons,
    Sample,
)
from tocsin_runtime.worker.process import Processor

SOURCE = Source("audit", (), topic="audit", id_fields=("id",))


def part(name: str, expr: Expr) -> Part:
    detection = Detection(name, name, Meta(title=name), LogSource("p"), Span())
    return Part.of(Query(detection, SOURCE, Const(value=True), expr))


PAY = part("pay", Leaf("action", Text(("pay",))))
BOT = part("bot", Leaf("actor", Text(("bot",))))


def records(*values: bytes, topic: str = "audit") -> list[Record]:
    return [Record(topic, 0, n, value) for n, value in enumerate(values)]


def on_all(*lanes: FilterLane, write: Any = lambda _m, _e: ()) -> Processor:
    return Processor(lambda _: lanes, write)


def told(batch: Batch) -> list[tuple[str, Any]]:
    """Sink, and number of the record, of each output."""
    return [(output.sink.value, json.loads(output.value)["offset"]) for output in batch.outputs]


def test_dead_letters_come_first_then_the_order_of_the_records() -> None:
    both = b'{"action": "pay", "actor": "bot"}'
    values = [both, b"oops", b'{"action": "look"}', b'{"action": "pay"}', b"[]"]
    batch = on_all(FilterLane([BOT, PAY]))(records(*values))
    assert told(batch) == [
        *[("dead-letters", n) for n in (1, 4)],
        *[("matches", n) for n in (0, 0, 3)],
    ]
    counters = batch.counters
    assert (counters.events, counters.dead_letters) == (3, 2)
    assert counters.matches == {"bot": 1, "pay": 2}


def test_several_lanes_look_at_one_record() -> None:
    lanes = FilterLane([PAY]), FilterLane([BOT])
    batch = on_all(*lanes)(records(b'{"actor": "bot"}', b'{"action": "pay", "actor": "bot"}', b"x"))
    outputs = list(batch.outputs)
    assert [output.subject for output in outputs] == ["", "bot", "pay", "bot"]
    # Both lanes refuse it; it is one dead letter.
    assert (batch.counters.events, batch.counters.dead_letters) == (2, 1)


def test_what_nobody_looks_at_is_refused_only_where_something_matches() -> None:
    quiet, loud = (b'{"action": "%s", "note": "\xff"}' % each for each in (b"look", b"pay"))
    processor = on_all(FilterLane([PAY]))
    assert told(processor(records(quiet))) == []
    batch = processor(records(quiet, loud))
    (letter,) = [json.loads(output.value) for output in batch.outputs]
    assert (letter["offset"], letter["reason"][:8]) == (1, "not JSON")
    assert batch.counters.matches == {}
    assert (batch.counters.events, batch.counters.dead_letters) == (1, 1)


def test_a_record_that_goes_nowhere_is_an_event_without_a_match() -> None:
    batch = Processor(lambda taken: taken.record.topic and ())(records(b"oops"))
    assert (list(batch.outputs), batch.counters.events) == ([], 1)


def test_outputs_are_made_while_they_are_taken() -> None:
    made: list[str] = []

    def write(match: MatchRecord, events: Sequence[Mapping[str, Any]]) -> Iterator[Output]:
        made.append(match.event_id)
        yield Output(Sink.ALERTS, match.event_id, json.dumps(events[0]).encode())

    values = [b'{"action": "pay", "id": "e%d"}' % n for n in range(3)]
    outputs = iter(on_all(FilterLane([PAY]), write=write)(records(*values)).outputs)
    assert made == []
    assert [next(outputs).key for _ in range(4)] == ["e0", "e0", "e1", "e1"]
    assert made == ["e0", "e1"]


# --- learning -------------------------------------------------------------------------------------


class Pupil:
    """Notes what it is taught."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}
        self.lessons: list[list[Mapping[str, Any]]] = []

    def match_lines(self, lines: Sequence[bytes]) -> Matched:
        del lines
        return Matched()

    def learn_from(self, events: Sequence[Mapping[str, Any]]) -> None:
        self.lessons.append(list(events))


def numbered(start: int, stop: int) -> list[bytes]:
    return [b'{"n": %d}' % n for n in range(start, stop)]


def taught_after(pupil: Pupil, events: int, *, vain: float = 0.0) -> list[int]:
    """After how many of so many events the pupil was taught, if it looks so often in vain."""
    lessons = Lessons(pupil)
    taught = []
    for start in range(0, events, 1000):
        cost = pupil.costs.setdefault("d", Cost())
        cost.candidates += int(1000 * vain) + 100
        cost.matched += 100
        lessons.after(numbered(start, start + 1000))
        if len(pupil.lessons) > len(taught):
            taught.append(start + 1000)
    return taught


def test_a_matcher_learns_soon() -> None:
    pupil = Pupil()
    assert taught_after(pupil, 2 * LATER + 2 * SECOND, vain=0.4) == [FIRST]
    [lesson] = pupil.lessons
    assert [event["n"] for event in lesson] == list(range(FIRST))


def test_a_matcher_learns_again_if_it_looks_at_much_in_vain() -> None:
    pupil = Pupil()
    assert taught_after(pupil, SECOND + LATER, vain=0.6) == [FIRST, SECOND, SECOND + LATER]
    # Evenly spread over all that came since.
    second = [event["n"] for event in pupil.lessons[1]]
    assert MOST_LINES / 2 <= len(second) <= MOST_LINES
    assert {b - a for a, b in pairwise(second)} == {32}
    assert (second[0], second[-1] > SECOND - 33) == (FIRST, True)


def test_a_sample_is_bounded_in_bytes_and_leaves_out_what_is_no_event() -> None:
    sample = Sample()
    large = b'{"a": "%s"}' % (b"x" * (MOST_BYTES // 10))
    for _ in range(100):
        sample.add([large, b"oops"])
    assert sum(map(len, sample.lines)) <= MOST_BYTES
    assert len(sample.lines) > 1
    assert all(set(event) == {"a"} for event in sample.events())
    sample.add([b" " * 2 * MOST_BYTES])
    assert len(sample.lines) >= 1


def test_a_lane_tells_what_its_matcher_spent() -> None:
    pupil = Pupil()
    pupil.costs["pay"] = Cost(candidates=2, seconds=0.1, slow=1)
    assert FilterLane([PAY], lambda _: pupil).costs == {"pay": Cost(2, 0, 0.1, 1)}


def test_learning_changes_no_match() -> None:
    lane = FilterLane([PAY, BOT])
    processor = on_all(lane)
    values = [b'{"action": "%s"}' % (b"pay" if n % 10 == 0 else b"look%d" % n) for n in range(1000)]
    found = [told(processor(records(*values))) for _ in range(FIRST // 1000 + 2)]
    assert found == [[("matches", n) for n in range(0, 1000, 10)]] * len(found)


def test_matches_are_told_by_the_number_in_the_batch() -> None:
    values = [b'{"action": "look"}', b'{"action": "pay"}']
    assert PackMatcher([PAY]).match_lines(values).matches == [Match("pay", 1)]
