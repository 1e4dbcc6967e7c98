"""Events of a run as JSON lines that every engine reads without loss."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from tocsin.model.source import Column, FieldType, Source
from tocsin_batch_sql.common.arrays import physical_names

ROW = "~n"
"""Column of a run's tables: the 0-based number of the event."""


def write_events(file: Path, events: Sequence[Mapping[str, Any]]) -> str:
    """One event a line, with its 0-based number under a key that no event has: that key."""
    key = ROW
    while any(key in event for event in events):
        key += "~"
    with file.open("wb") as out:
        for number, event in enumerate(events):
            line = _line(event)
            out.write(b'{"%s":%d%s' % (key.encode(), number, b"," if event else b"") + line[1:])
    return key


NamedColumn = tuple[Column, str]
"""A column, and what it is called in the table."""


def view_columns(source: Source) -> list[NamedColumn]:
    """Columns of a source's view."""
    names = physical_names(source)
    values = source.values_column
    columns = list(source.columns)
    if values and source.column(values) is None:
        columns.append(Column(values, FieldType.STRINGS, (values,)))
    return [(column, names[column.name]) for column in columns]


def run_columns(source: Source, key: str) -> list[NamedColumn]:
    """Columns of a run's table: the number, which events have under `key`, then the view's."""
    return [(Column(ROW, FieldType.INTEGER, (key,)), ROW), *view_columns(source)]


def _line(event: Mapping[str, Any]) -> bytes:
    """A lone surrogate becomes U+FFFD, an infinite number null: JSON has neither."""
    try:
        return json.dumps(event, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except ValueError:
        return json.dumps(_finite(event), ensure_ascii=False).encode() + b"\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_finite(member) for member in value]
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return None if isinstance(value, float) and not isfinite(value) else value
