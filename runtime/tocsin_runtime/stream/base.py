"""The interface of the loop: where events come from and results go, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol


class Sink(StrEnum):
    """Kinds of results; a stream maps them to topics or files."""

    MATCHES = "matches"
    ALERTS = "alerts"
    DEAD = "dead-letters"
    LATE = "late"
    MUTED = "muted"


class Record(NamedTuple):
    """Raw bytes of an event and their place: topic, partition and offset, or file and line.

    `problem` is set where the stream could not even take the bytes (a line that is too long).
    """

    topic: str
    partition: int
    offset: int
    value: bytes
    problem: str = ""

    @property
    def place(self) -> str:
        """`topic/partition/offset`."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Output:
    """One result. `key` identifies it: for alerts their id. `subject` is the detection."""

    sink: Sink
    key: str
    value: bytes
    subject: str = ""


class Stream(Protocol):
    """A position in events, and sinks. Results given to `commit` are stored once or not at all."""

    def poll(self) -> Sequence[Record] | None:
        """The next records; empty if there are none just now, None at the end."""

    def commit(self, outputs: Iterable[Output]) -> bool:
        """Write the results of all records polled since the last commit, and move on.

        False: nothing was written, and the records come again, here or to another worker.
        """

    def close(self) -> None:
        """Let go; what was polled and not committed comes again next time."""
