"""The loop of a worker: what it commits, what it counts, how it ends."""

from collections.abc import Iterable, Sequence

import pytest

from tocsin_runtime.stream.base import Output, Record, Sink
from tocsin_runtime.stream.loop import Batch, Counters, run


class _Scripted:
    """A stream that gives prepared batches and notes what happens."""

    def __init__(self, *batches: Sequence[Record]) -> None:
        self.batches = list(batches)
        self.log: list[str] = []
        self.refused: set[int] = set()

    def poll(self) -> Sequence[Record] | None:
        return self.batches.pop(0) if self.batches else None

    def commit(self, outputs: Iterable[Output]) -> bool:
        self.log.append(f"commit {len(list(outputs))}")
        return len(self.log) not in self.refused

    def close(self) -> None:
        self.log.append("close")


def _record(n: int) -> Record:
    return Record("t", 0, n, b"{}")


def test_the_loop_commits_each_batch_once_and_closes() -> None:
    stream = _Scripted([_record(0)], [], [_record(1), _record(2)])
    counters = run(stream, lambda rs: Batch([Output(Sink.DEAD, "k", b"")], Counters(len(rs))))
    assert stream.log == ["commit 1", "commit 1", "close"]
    assert counters.events == 3


def test_the_loop_counts_what_was_committed_only() -> None:
    stream = _Scripted([_record(0)], [_record(1), _record(2)], [_record(1), _record(2)])
    stream.refused = {2}
    counters = run(stream, lambda rs: Batch([], Counters(len(rs))))
    assert stream.log == ["commit 0", "commit 0", "commit 0", "close"]
    assert counters.events == 3


def test_the_loop_closes_and_counts_nothing_when_processing_fails() -> None:
    stream = _Scripted([_record(0)])

    def fail(_: Sequence[Record]) -> Batch:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run(stream, fail)
    assert stream.log == ["close"]


def test_the_loop_stops_between_batches() -> None:
    stream = _Scripted([_record(0)], [_record(1)])
    run(stream, lambda rs: Batch([], Counters(len(rs))), lambda: bool(stream.log))
    assert stream.log == ["commit 0", "close"]
