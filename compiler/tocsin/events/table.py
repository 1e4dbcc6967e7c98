"""CSV with a header: each row an event, each cell a text; an empty cell is a missing field."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO

from tocsin.events.kinds import is_about
from tocsin.events.piece import MAX_EVENT_BYTES, Piece
from tocsin.plural import plural


def csv_pieces(stream: IO[bytes], delimiter: str) -> Iterator[Piece]:
    """The rows below the header."""
    csv.field_size_limit(MAX_EVENT_BYTES)  # of the process; its default is below what logs hold
    text = io.TextIOWrapper(stream, "utf-8", newline="")
    rows = csv.reader(text, delimiter=delimiter)
    names: list[str] = []
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield Piece(line, problem=f"not CSV: {error}")
            continue
        except UnicodeDecodeError as error:
            problem = f"not UTF-8 from here: {error.reason}"
            yield Piece(line, problem=problem, hint="save it as UTF-8")
            return
        if row is None:
            return
        if not names:
            names = [] if is_about(row, delimiter) else [name.strip() for name in row]
        elif row:
            yield from _event(names, row, line)


def _event(names: list[str], row: list[str], line: int) -> Iterator[Piece]:
    """The event of a row, and that some of its cells have no name."""
    problem = f"a row of {plural(len(row), 'cell')} under a header of {len(names)}"
    if len(row) < len(names):
        yield Piece(line, problem=problem)
        return
    yield Piece(line, event={n: cell for n, cell in zip(names, row, strict=False) if n and cell})
    if any(row[len(names) :]):
        yield Piece(line, problem=f"{problem}: the extra cells are ignored")
