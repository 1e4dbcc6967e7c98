"""Files of events: the layout of each is detected by its content."""

from __future__ import annotations

import gzip
import zlib
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tocsin import gate
from tocsin.diagnostics import Diagnostic, Span
from tocsin.events.evtx_file import evtx_pieces
from tocsin.events.jsontext import json_pieces, several, single
from tocsin.events.kinds import EVTX, delimiter, foreign, has_json, text_kind
from tocsin.events.opening import opened
from tocsin.events.piece import EventDict, Piece
from tocsin.events.table import csv_pieces
from tocsin.events.windows import flat
from tocsin.plural import plural

MOST_FINDINGS = 20
"""Findings of one file that are shown each; more are a number."""


@dataclass(frozen=True, slots=True)
class EventFiles:
    """Events of files in order, what could not be read, and how many files were read as what.

    `lines`: the 1-based line, row or record of each event; `files`: each file, and the number of
    its first event.
    """

    events: list[EventDict] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    read_as: Counter[str] = field(default_factory=Counter)
    lines: array[int] = field(default_factory=lambda: array("L"))
    files: list[tuple[int, str]] = field(default_factory=list)

    def place(self, number: int) -> tuple[str, int]:
        """File and line of the event with this number."""
        file = bisect_right(self.files, number, key=lambda each: each[0]) - 1
        return self.files[file][1], self.lines[number]


def read_events(paths: Iterable[Path], *, flatten: bool = True) -> EventFiles:
    """All events of the files or of stdin; `flatten`: Windows events get Sigma's field names."""
    made = EventFiles()
    for path in paths:
        if gate.is_stdin(path):
            _read("stdin", gate.stdin.stream(), made, flatten=flatten)
            continue
        with open_events(path) as stream:
            _read(str(path), stream, made, flatten=flatten)
    return made


def open_events(path: Path) -> IO[bytes]:
    """Open the file once, so that a pipe works as well. Raises ConfigError."""
    if path.is_dir():
        raise gate.UnreadError(path, "it is a folder", "name the files of events in it")
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise gate.MissingError(path) from None
    except OSError as error:
        raise gate.UnreadError(path, str(error.strerror or error)) from None


def pieces(stream: IO[bytes], read_as: Counter[str]) -> Iterator[Piece]:
    """What a stream holds, in order; the last one says what ended it before its end.

    `read_as` counts what the content was told to be.
    """
    row = 0
    try:
        for piece in _of_kind(stream, read_as):
            row = piece.row
            yield piece
    except (OSError, EOFError, zlib.error) as error:
        yield Piece(row + 1, problem=f"cannot read events: {_trouble(error)}", whole=True)


def _of_kind(stream: IO[bytes], read_as: Counter[str]) -> Iterator[Piece]:
    found = opened(stream)
    head, text = found.head, found.stream
    if head.startswith(EVTX):
        read_as["EVTX"] += 1
        yield from evtx_pieces(text)
    elif kind := foreign(head):
        yield Piece(1, problem=f"{kind.name}, not events", hint=kind.hint, whole=True)
    elif has_json(head):
        yield from json_pieces(text, read_as)
    elif mark := delimiter(head):
        read_as["CSV"] += 1
        yield from csv_pieces(text, mark)
    elif head.strip():
        kind = text_kind(head)
        yield Piece(1, problem=f"{kind.name}, not events", hint=kind.hint, whole=True)
    else:
        yield from json_pieces(text, read_as)  # blank so far


def _trouble(error: Exception) -> str:
    if isinstance(error, gzip.BadGzipFile):
        return "not a gzip file"
    if isinstance(error, EOFError):
        return "the gzip file is cut short"
    if isinstance(error, zlib.error):
        return "the gzip file is damaged"
    return str(error)


def _read(name: str, stream: IO[bytes], made: EventFiles, *, flatten: bool) -> None:
    shape: Callable[[EventDict], EventDict] = flat if flatten else lambda event: event
    append, at, count = made.events.append, made.lines.append, 0
    made.files.append((len(made.events), name))
    for given in pieces(stream, made.read_as):
        event = single(given.line) if given.line and not given.problem else given.event
        if event is not None:
            append(shape(event))
            at(given.row)
            continue
        for piece in [given] if given.problem else several(given, made.read_as):
            if piece.event is not None:
                append(shape(piece.event))
                at(piece.row)
                continue
            count += 1
            if count <= MOST_FINDINGS or piece.whole:
                made.diagnostics.append(_finding(name, piece))
    if count > MOST_FINDINGS:
        message = f"{plural(count - MOST_FINDINGS, 'more problem')} in this file"
        made.diagnostics.append(Diagnostic("TOC071", message, Span(name)))


def _finding(name: str, piece: Piece) -> Diagnostic:
    code = "TOC070" if piece.whole else "TOC071"
    return Diagnostic(code, piece.problem, Span(name, piece.row, piece.column), hint=piece.hint)
