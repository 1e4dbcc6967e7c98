"""Event files: JSON lines (also gzipped), or one JSON array."""

from __future__ import annotations

import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import replace
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
            events += _parse(line, Span(str(path), number), wrong)
    return events, wrong


def _lines(path: Path, wrong: list[Diagnostic]) -> Iterator[tuple[int, bytes]]:
    if path.is_dir():
        raise ConfigError(f"a folder, not a file of events: {path}", hint="name the files in it")
    if not path.exists():
        raise ConfigError(f"no such file: {path}")
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                text = line.removeprefix(BOM_UTF8).strip() if number == 1 else line.strip()
                if number == 1 and _is_open_array(text):
                    yield number, text + stream.read()
                elif text:
                    yield number, text
    except (OSError, EOFError, zlib.error) as error:
        what = _trouble(error)
        wrong.append(
            Diagnostic("TOC070", f"cannot read events: {what}", Span(str(path), number + 1))
        )


def _trouble(error: Exception) -> str:
    if isinstance(error, gzip.BadGzipFile):
        return "not a gzip file"
    if isinstance(error, EOFError):
        return "the gzip file is cut short"
    if isinstance(error, zlib.error):
        return "the gzip file is damaged"
    return str(error)


def _is_open_array(line: bytes) -> bool:
    """Whether a file's first line opens an array that a later line closes."""
    return line.startswith(b"[") and not line.endswith(b"]")


def _parse(line: bytes, span: Span, wrong: list[Diagnostic]) -> list[Event]:
    if len(line) > MAX_EVENT_BYTES and not line.startswith(b"["):
        wrong.append(Diagnostic("TOC071", f"an event of {len(line)} bytes is too large", span))
        return []
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        hint = "one JSON object a line"
        place = replace(span, line=span.line + error.lineno - 1, column=error.colno)
        wrong.append(Diagnostic("TOC071", f"not JSON: {error.msg}", place, hint=hint))
        return []
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) for each in found):
        hint = "one JSON object a line"
        wrong.append(Diagnostic("TOC071", "not a JSON object", span, hint=hint))
        return []
    return found
