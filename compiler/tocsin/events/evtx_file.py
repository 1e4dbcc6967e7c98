"""Windows event logs, by the library `evtx` (the extra `evtx`)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Any

import orjson

from tocsin import gate
from tocsin.events.piece import TOO_DEEP, Piece, too_deep
from tocsin.events.windows import flat

MAX_EVTX_BYTES = 1 << 30
"""A log is held whole: its chunks are not in order."""
_CONVERT = "convert it: evtx_dump -o jsonl"


def evtx_pieces(stream: IO[bytes]) -> Iterator[Piece]:
    """The events of a log, with the fields that rules name; `row` is the number of the record."""
    try:
        from evtx import PyEvtxParser  # noqa: PLC0415 - an extra
    except ImportError:
        hint = f"install it: pip install 'tocsin[evtx]'; or {_CONVERT}"
        yield Piece(1, problem="reading EVTX needs the package evtx", hint=hint, whole=True)
        return
    data = gate.up_to(stream, MAX_EVTX_BYTES + 1)
    if len(data) > MAX_EVTX_BYTES:
        problem = f"the EVTX file is larger than {MAX_EVTX_BYTES} bytes"
        yield Piece(1, problem=problem, hint=_CONVERT, whole=True)
        return
    try:
        records: Iterator[Any] = PyEvtxParser(io.BytesIO(data)).records_json()
    except (RuntimeError, OSError, ValueError) as error:
        yield Piece(1, problem=f"a damaged EVTX file: {error}", hint=_CONVERT, whole=True)
        return
    number = 0
    for number, record in enumerate(_records(records), 1):
        yield record._replace(row=number)
    if not number and len(data) > _HEADER:
        problem = "a damaged EVTX file: no record can be read"
        yield Piece(1, problem=problem, hint=_CONVERT, whole=True)
    elif _is_cut(data):
        # The library leaves out the chunk that is not whole, and all after it, without a word.
        problem = "the EVTX file is cut short: records are missing at its end"
        yield Piece(number + 1, problem=problem, whole=True)


_HEADER, _CHUNK = 4096, 65_536
"""Bytes of a log without any record, and of each part that holds records."""
_CHUNKS = slice(42, 44)
"""Where the header has the number of chunks."""


def _is_cut(data: bytes) -> bool:
    """Whether a log ends within a chunk, or has fewer than its header says."""
    whole, rest = divmod(len(data) - _HEADER, _CHUNK)
    return rest != 0 or whole < int.from_bytes(data[_CHUNKS], "little")


def _records(records: Iterator[Any]) -> Iterator[Piece]:
    while True:
        try:
            record = next(records, None)
        except (RuntimeError, OSError, ValueError) as error:
            yield Piece(0, problem=f"a damaged record: {error}")
            continue
        if record is None:
            return
        event = orjson.loads(record["data"])
        yield Piece(0, problem=TOO_DEEP) if too_deep(event) else Piece(0, event=flat(event))
