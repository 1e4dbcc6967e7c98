"""Events of a run as JSON lines that every engine reads without loss."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from tocsin.model.source import Column, FieldType, Source

ROW = "__n"
"""Column of a run's tables: the 0-based number of the event."""


def extra_columns(source: Source) -> list[Column]:
    """Columns of a run's table that are no fields."""
    extra = [Column(ROW, FieldType.INTEGER, (ROW,))]
    if source.values_column and source.column(source.values_column) is None:
        extra.append(Column(source.values_column, FieldType.STRINGS, (source.values_column,)))
    return extra


def write_events(file: Path, events: Iterable[Mapping[str, Any]], row: str) -> None:
    """One event a line, with its 0-based number under the key `row`."""
    with file.open("wb") as out:
        for number, event in enumerate(events):
            out.write(_line({**event, row: number}))


def _line(event: dict[str, Any]) -> bytes:
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
