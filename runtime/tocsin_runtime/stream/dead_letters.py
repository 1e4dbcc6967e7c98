"""Dead letters: records that could not be evaluated, with the reason."""

from __future__ import annotations

from tocsin.canonical import canonical_bytes, digest
from tocsin_runtime.stream.base import Output, Record, Sink

_SHOWN = 4096
"""Bytes of a dead letter's value that are kept."""


def dead_letter(record: Record, reason: str, detection: str = "") -> Output:
    """What could not be read as an event, or not by a detection; why, and where it is."""
    letter = {
        **({"detection": detection} if detection else {}),
        "reason": reason,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "value": record.value[:_SHOWN].decode("utf-8", "replace"),
        "size": len(record.value),
    }
    identity = digest(letter)
    return Output(Sink.DEAD, identity, canonical_bytes({"id": identity, **letter}), detection)
