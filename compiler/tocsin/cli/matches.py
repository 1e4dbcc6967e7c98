"""Matches of a scan on stdout: as JSON, a line each or one document, or as a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from tocsin.app.scan import FoundMatch
from tocsin.cli.table import print_lines, print_table
from tocsin.escape import printable

_HEAD = ("time", "event", "level", "title", "group", "rule")
_shown = lru_cache(10_000)(printable)


def print_matches(found: Iterable[FoundMatch], fmt: str) -> None:
    """Print them as they come; a table when all are known."""
    _PRINT[fmt](found)


def _jsonl(found: Iterable[FoundMatch]) -> None:
    print_lines(json.dumps(each.as_json) for each in found)


def _json(found: Iterable[FoundMatch]) -> None:
    print_lines(_document(json.dumps(each.as_json) for each in found))


def _document(values: Iterable[str]) -> Iterator[str]:
    """A list with a value per line; each is written when it is known whether another follows."""
    left = iter(values)
    held = next(left, None)
    if held is None:
        yield "[]"
        return
    yield "["
    for value in left:
        yield f"{held},"
        held = value
    yield from (held, "]")


def _table(found: Iterable[FoundMatch]) -> None:
    print_table(_HEAD, [_row(each) for each in found])


def _row(each: FoundMatch) -> tuple[str, ...]:
    meta = each.query.detection.meta
    group = ", ".join(f"{key}={value}" for key, value in (each.group or {}).items())
    place = printable(f"{each.file}:{each.line}")
    told = (meta.level, meta.title, group, each.match.detection)
    return (each.time or "", place, *map(_shown, told))


_PRINT: Mapping[str, Callable[[Iterable[FoundMatch]], None]] = {
    "jsonl": _jsonl,
    "json": _json,
    "table": _table,
}
