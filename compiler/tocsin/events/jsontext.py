"""JSON: one value a line, or values over several lines, alone, in a row or in an array."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

import orjson

from tocsin import gate
from tocsin.events.envelopes import unwrap
from tocsin.events.piece import (
    MAX_EVENT_BYTES,
    ONE_A_LINE,
    TOO_DEEP,
    TOO_LARGE,
    EventDict,
    Piece,
    kind_of,
    too_deep,
)
from tocsin.events.splitter import TOKEN, Splitter

MAX_TEXT_BYTES = 1 << 30
"""An array, an envelope or values over several lines are held whole, up to so many bytes."""
_ENVELOPE = re.compile(
    rb'"(?:[Rr]ecords|value|entries|items|[Ee]vents|logs|[Rr]esults?|hits|data|resources|responses?|'
    rb'Findings|logEvents|_source)"\s*:\s*[\[{]'
)
_JOINED = re.compile(rb"\}[ \t]*(?:,[ \t]*$|,?[ \t]*\{)")
"""Where an object of a line may end and another begin, or only a comma follow."""
_NAMES_IN = 4096
"""Bytes at the front of a line in which the name of an envelope's list stands."""

Lines = Iterator[tuple[int, bytes]]


def json_pieces(stream: IO[bytes], read_as: Counter[str]) -> Iterator[Piece]:
    """The values of a text: lines as they are where each stands for itself, else events."""
    lines = _lines(stream)
    row, first = next(lines, (0, b""))
    if not row:
        return
    if _is_open(first):
        read_as["JSON over several lines"] += 1
        rest = gate.up_to(stream, MAX_TEXT_BYTES + 1)
        if len(rest) > MAX_TEXT_BYTES:
            problem = f"JSON over several lines, of more than {MAX_TEXT_BYTES} bytes"
            yield Piece(row, problem=problem, hint=ONE_A_LINE, whole=True)
        else:
            yield from _text(first + b"\n" + rest, row, read_as)
    else:
        read_as["JSON lines"] += 1
        for number, line in chain([(row, first)], lines):
            large = TOO_LARGE if len(line) > MAX_EVENT_BYTES and not may_hold_several(line) else ""
            yield Piece(number, line=line, problem=large)


def may_hold_several(line: bytes) -> bool:
    """Whether a line looks like an array or an envelope."""
    return line[:1] == b"[" or _ENVELOPE.search(line, 0, _NAMES_IN) is not None


def may_be_joined(line: bytes) -> bool:
    """Whether a line looks like objects in a row; arrays of objects in one look so, too."""
    return _JOINED.search(line) is not None


def single(line: bytes) -> EventDict | None:
    """The event of a line that is just one; None where more has to be said about it."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if type(value) is not dict or len(line) > MAX_EVENT_BYTES or too_deep(value, line):
        return None
    return value if unwrap(value) is None else None


def parsed(piece: Piece) -> Piece:
    """The event of a line, or what is wrong with it."""
    try:
        value = orjson.loads(piece.line)
    except orjson.JSONDecodeError as error:
        return _no_json(piece.line, piece.row, piece.column, error)
    if type(value) is not dict:
        return _not_an_object(value, piece.row, piece.column, piece.line)
    if too_deep(value, piece.line):
        return Piece(piece.row, piece.column, piece.line, problem=TOO_DEEP)
    return piece._replace(line=b"", event=value)


def _lines(stream: IO[bytes]) -> Lines:
    """Lines that are not blank, with their numbers; of one that is too long, the beginning."""
    row = 0
    while line := stream.readline(MAX_EVENT_BYTES + 1):
        row += 1
        if len(line) > MAX_EVENT_BYTES and not line.endswith(b"\n"):
            if may_hold_several(line):
                line += stream.readline(MAX_TEXT_BYTES)
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = stream.readline(MAX_EVENT_BYTES)
        if text := line.strip():
            yield row, text


def _is_open(line: bytes) -> bool:
    """Whether a line begins a value that a later line ends."""
    too_long = len(line) > MAX_EVENT_BYTES and not may_hold_several(line)
    if line[:1] not in (b"{", b"[") or too_long:
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return _depth(line) > 0
    return False


def _depth(line: bytes) -> int:
    tokens = (token[0][:1] for token in TOKEN.finditer(line))
    return sum((token in b"{[") - (token in b"}]") for token in tokens)


def several(piece: Piece, read_as: Counter[str]) -> Iterator[Piece]:
    """The events of a line that may hold several, or what is wrong with it."""
    row, line = piece.row, piece.line
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        # In an array, or of several in a line, one bad value is one finding.
        if line[:1] == b"[" or may_be_joined(line):
            yield from _split_members(line, row, read_as)
        else:
            yield parsed(piece)
        return
    if isinstance(value, dict) and unwrap(value) is None and len(line) > MAX_EVENT_BYTES:
        yield piece._replace(line=line[: MAX_EVENT_BYTES + 1], problem=TOO_LARGE)
    elif isinstance(value, dict) and unwrap(value) is None and not too_deep(value, line):
        yield piece._replace(event=value)
    else:
        yield from members(value, row, read_as, line)


def _text(text: bytes, row: int, read_as: Counter[str]) -> Iterator[Piece]:
    """The values of a text that begins with one over several lines."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        yield from _split_members(text, row, read_as)
        return
    if isinstance(value, list) and not all(isinstance(each, dict) for each in value):
        yield from split(text, row)  # it knows where each member stands
    else:
        yield from members(value, row, read_as, text)


def _split_members(text: bytes, row: int, read_as: Counter[str]) -> Iterator[Piece]:
    for piece in split(text, row):
        if piece.event is None:
            yield piece
        else:
            yield from members(piece.event, piece.row, read_as, piece.line, piece.column)


def members(
    value: Any, row: int, read_as: Counter[str], text: bytes = b"", column: int = 1
) -> Iterator[Piece]:
    """The events of a JSON value: itself, the members of an array or of an envelope."""
    if isinstance(value, list) and (not value or any(isinstance(m, dict) for m in value)):
        for number, each in enumerate(value):
            inner = unwrap(each) if isinstance(each, dict) else None
            if inner:
                yield from members(each, row, read_as, column=column)
            else:
                yield _member(each, row, column, f"member {number}")
    elif isinstance(value, dict) and (inner := unwrap(value)):
        name, found = inner
        read_as[f"envelopes ({name})"] += 1
        for number, each in enumerate(found):
            if isinstance(each, dict) and unwrap(each):
                yield from members(each, row, read_as, column=column)
            else:
                yield _member(each, row, column, f"{name}[{number}]")
    elif isinstance(value, dict):
        yield _event(value, row, column, text)
    else:
        yield _not_an_object(value, row, column, text)


def _member(value: Any, row: int, column: int, name: str) -> Piece:
    if isinstance(value, dict):
        return _event(value, row, column)
    problem = f"{name} is not a JSON object but {kind_of(value)}"
    return Piece(row, column, problem=problem, hint=ONE_A_LINE)


def _event(value: EventDict, row: int, column: int, text: bytes | None = None) -> Piece:
    if too_deep(value, text or None):
        return Piece(row, column, problem=TOO_DEEP)
    return Piece(row, column, event=value)


def _no_json(line: bytes, row: int, column: int, error: orjson.JSONDecodeError) -> Piece:
    at = error.colno + (column - 1 if error.lineno == 1 else 0)
    said = "not UTF-8" if "not valid UTF-8" in error.msg else f"not JSON: {error.msg}"
    return Piece(row + error.lineno - 1, at, line, problem=said, hint=ONE_A_LINE)


def _not_an_object(value: Any, row: int, column: int, line: bytes) -> Piece:
    problem = f"not a JSON object but {kind_of(value)}"
    return Piece(row, column, line, problem=problem, hint=ONE_A_LINE)


def split(text: bytes, row: int) -> Iterator[Piece]:
    """Each value of a text with its place; one that is no event is a problem of its own."""
    seen, begin = 0, 0
    splitter = Splitter(text)
    for start, end in splitter.slices():
        row += text.count(b"\n", seen, start)
        begin = text.rfind(b"\n", 0, start) + 1
        seen = start
        yield parsed(Piece(row, start - begin + 1, line=text[start:end].rstrip()))
    if splitter.open == [ord("[")]:
        yield Piece(row + text.count(b"\n", seen), problem="the array is cut short")
