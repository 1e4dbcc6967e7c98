"""The artifact of kafka-filter: one detection's condition and where its events come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.canonical import canonical_bytes
from tocsin.ir.nodes import Expr
from tocsin.ir.query import Query
from tocsin.ir.serial import dump, load

FORM = 1
"""Version of the artifact; a worker takes exactly this one."""

Paths = tuple[tuple[str, tuple[str, ...]], ...]

_TEXTS = ("detection", "logic", "source", "topic", "time", "id")


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled detection. `paths`: where fields are whose place is not simply their name."""

    detection: str
    logic: str
    source: str
    topic: str
    time_field: str
    id_field: str
    paths: Paths
    matches: Expr

    @classmethod
    def of(cls, query: Query) -> Filter:
        """The filter of a query: nothing of its description."""
        source = query.source
        used = {*query.fields, source.time_field, source.id_field}
        return cls(
            detection=query.detection.id,
            logic=query.logic,
            source=source.name,
            topic=source.topic,
            time_field=source.time_field,
            id_field=source.id_field,
            paths=tuple(sorted((n, p) for n, p in source.renamed.items() if n in used)),
            matches=query.matches,
        )

    def encode(self) -> bytes:
        """Canonical bytes. Raises ValueError if the condition is nested too deeply."""
        return canonical_bytes(
            {
                "form": FORM,
                "detection": self.detection,
                "logic": self.logic,
                "source": self.source,
                "topic": self.topic,
                "time": self.time_field,
                "id": self.id_field,
                "paths": {name: list(path) for name, path in self.paths},
                "matches": dump(self.matches),
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Filter:
        """The filter in these bytes. Raises ValueError saying what is wrong with them."""
        record = _record(data)
        detection, logic, source, topic, time_field, id_field = (record[key] for key in _TEXTS)
        return cls(
            detection=detection,
            logic=logic,
            source=source,
            topic=topic,
            time_field=time_field,
            id_field=id_field,
            paths=_paths(record["paths"]),
            matches=load(record["matches"]),
        )


def _record(data: bytes) -> Mapping[str, Any]:
    try:
        record = json.loads(data.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - wrong data, not a wrong call
    if record.get("form") != FORM or isinstance(record["form"], bool):
        raise ValueError(f"form {record.get('form')!r} is not known here, only {FORM}")
    expected = {"form", *_TEXTS, "paths", "matches"}
    if odd := sorted(expected ^ set(record)):
        raise ValueError(f"key {odd[0]!r} is {'missing' if odd[0] in expected else 'unknown'}")
    if wrong := [key for key in _TEXTS if not isinstance(record[key], str)]:
        raise ValueError(f"{wrong[0]}: expected a text")
    return record


def _paths(data: Any) -> Paths:
    if not isinstance(data, dict):
        raise ValueError("paths: expected a map")  # noqa: TRY004 - wrong data, not a wrong call
    for name, path in data.items():
        if not isinstance(path, list) or not path or not all(isinstance(p, str) for p in path):
            raise ValueError(f"paths.{name}: expected a list of texts")
    return tuple(sorted((name, tuple(path)) for name, path in data.items()))
