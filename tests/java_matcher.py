"""Detections and events for the Java matcher, with what the evaluator says of them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tocsin.errors import Unsupported
from tocsin.ir.evaluate import View, predicate
from tocsin.ir.query import Query
from tocsin.pack import Pack, Part
from tocsin_flink_sql.matcher.java_regex import letters, regexes

Event = dict[str, Any]


def taken(query: Query) -> bool:
    """Whether Java can say all its regular expressions."""
    try:
        regexes([Part.of(query)])
    except Unsupported:
        return False
    return True


def group_of(queries: Sequence[Query], events: Iterable[Event]) -> str:
    """A line for `io.tocsin.match.Check`: the pack, the events, and the ids that match each."""
    parts = [Part.of(query) for query in queries]
    source = queries[0].source
    views = [View(event, source.renamed) for event in events]
    holds = [(query.detection.id, predicate(query.matches)) for query in queries]
    expected = [[name for name, check in holds if check(view)] for view in views]
    written = [json.dumps(view.event).encode() for view in views]
    return line(Pack.of(source.name, parts).encoded, regexes(parts), written, expected)


def line(
    pack: bytes, patterns: bytes, events: Sequence[bytes], expected: Sequence[list[str] | None]
) -> str:
    """The same of bytes; None where an event must be refused."""
    record = {
        "pack": _coded(pack),
        "regexes": _coded(patterns),
        "letters": _coded(letters()),
        "events": [_coded(event) for event in events],
        "expected": expected,
    }
    return json.dumps(record) + "\n"


def write(path: Path, groups: Iterable[str]) -> Path:
    """A file of groups."""
    path.write_text("".join(groups), encoding="ascii")
    return path


def _coded(data: bytes) -> str:
    return b64encode(data).decode()
