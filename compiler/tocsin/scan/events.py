"""Event files: JSON lines (also gzipped), or one JSON array."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from tocsin.diagnostics import Diagnostic, Span
from tocsin.errors import ConfigError

MAX_EVENT_BYTES = 16 * 1024 * 1024

Event = dict[str, Any]


def read_events(paths: Iterable[Path]) -> tuple[list[Event], list[Diagnostic]]:
    """All events of the files in order, and what could not be read (each with file and line)."""
    events: list[Event] = []
    wrong: list[Diagnostic] = []
    for path in paths:
        for number, line in _lines(path, wrong):
            event = _parse(line, Span(str(path), number), wrong)
            events += event if isinstance(event, list) else [event] if event is not None else []
    return events, wrong


def _lines(path: Path, wrong: list[Diagnostic]) -> Iterator[tuple[int, bytes]]:
    if not path.is_file():
        raise ConfigError(f"no such file: {path}")
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        what = "not a gzip file, or cut short" if path.suffix == ".gz" else str(error)
        wrong.append(
            Diagnostic("TOC070", f"cannot read events: {what}", Span(str(path), number + 1))
        )


def _parse(line: bytes, span: Span, wrong: list[Diagnostic]) -> Event | list[Event] | None:
    if len(line) > MAX_EVENT_BYTES:
        wrong.append(Diagnostic("TOC071", f"an event of {len(line)} bytes is too large", span))
        return None
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        hint = "one JSON object a line"
        wrong.append(Diagnostic("TOC071", f"not JSON: {error}", span, hint=hint))
        return None
    if isinstance(value, list) and all(isinstance(v, dict) for v in value):
        return value
    if not isinstance(value, dict):
        wrong.append(Diagnostic("TOC071", "not a JSON object", span))
        return None
    return value
