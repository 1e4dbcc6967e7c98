"""One detection of a pack, also on its own: the artifact of kafka-filter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.canonical import canonical_bytes
from tocsin.ir.nodes import Expr, all_of
from tocsin.ir.query import Query
from tocsin.model.names import TOPIC
from tocsin.model.source import TimeUnit
from tocsin.pack.guard import Guard, guard_of
from tocsin.pack.leaves import Asked, code_of, leaf_of
from tocsin.pack.tree import PackedTree, expr_of, read_tree, tree_of

FORM = 2
"""Version of the encoding; a matcher takes exactly this one."""
PART_SUFFIX = "json"
"""Suffix of an artifact that is a part."""

FieldPaths = tuple[tuple[str, tuple[str, ...]], ...]
Known = dict[str, tuple[Asked, Guard]]
"""Leaves that were read before, by their text: detections share many."""

_TEXTS = ("detection", "logic", "source", "topic", "time", "unit")


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled detection. `paths`: where fields are whose place is not simply their name.

    `where` selects the events of its log source, `expr` is the detection's own condition; both
    are trees over `leaves`, of which `guards` has one each.
    """

    detection: str
    logic: str
    source: str
    topic: str
    time_field: str
    time_unit: TimeUnit
    id_fields: tuple[str, ...]
    paths: FieldPaths
    leaves: tuple[Asked, ...]
    guards: tuple[Guard, ...]
    where: PackedTree
    expr: PackedTree

    @classmethod
    def of(cls, query: Query) -> Part:
        """The part of a query: nothing of its description. Raises ValueError if it is too deep."""
        source = query.source
        used = {*query.fields, source.time_field, *source.id_fields}
        numbers: dict[Asked, int] = {}
        where, expr = tree_of(query.where, numbers), tree_of(query.expr, numbers)
        leaves = tuple(numbers)
        return cls(
            detection=query.detection.id,
            logic=query.logic,
            source=source.name,
            topic=source.topic,
            time_field=source.time_field,
            time_unit=source.time_unit,
            id_fields=source.id_fields,
            paths=tuple(sorted((n, p) for n, p in source.renamed.items() if n in used)),
            leaves=leaves,
            guards=tuple(guard_of(test) if (test := _test(leaf)) else () for leaf in leaves),
            where=where,
            expr=expr,
        )

    @property
    def matches(self) -> Expr:
        """The whole condition on an event of the source."""
        return all_of([expr_of(self.where, self.leaves), expr_of(self.expr, self.leaves)])

    def encode(self) -> bytes:
        """Canonical bytes, one line of JSON."""
        return canonical_bytes(
            {
                "form": FORM,
                "detection": self.detection,
                "logic": self.logic,
                "source": self.source,
                "topic": self.topic,
                "time": self.time_field,
                "unit": self.time_unit,
                "id": list(self.id_fields),
                "paths": {name: list(path) for name, path in self.paths},
                "leaves": [code_of(leaf) for leaf in self.leaves],
                "where": self.where,
                "expr": self.expr,
            }
        )

    @classmethod
    def decode(cls, data: bytes, known: Known | None = None) -> Part:
        """The part in these bytes. Raises ValueError saying what is wrong with them."""
        record = _record(data)
        detection, logic, source, topic, time, unit = (record[key] for key in _TEXTS)
        read = [_leaf(n, code, {} if known is None else known) for n, code in _numbered(record)]
        return cls(
            detection=detection,
            logic=logic,
            source=source,
            topic=topic,
            time_field=time,
            time_unit=TimeUnit(unit),
            id_fields=_texts(record["id"], "id"),
            paths=_paths(record["paths"]),
            leaves=tuple(leaf for leaf, _ in read),
            guards=tuple(guard for _, guard in read),
            where=_tree("where", record["where"], len(read)),
            expr=_tree("expr", record["expr"], len(read)),
        )


def _test(leaf: Asked) -> Any:
    return getattr(leaf, "test", None)


def _record(data: bytes) -> Mapping[str, Any]:
    try:
        record = json.loads(data.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - wrong data, not a wrong call
    if record.get("form") != FORM or isinstance(record["form"], bool):
        raise ValueError(f"form {record.get('form')!r} is not known here, only {FORM}")
    expected = {"form", *_TEXTS, "id", "paths", "leaves", "where", "expr"}
    if odd := sorted(expected ^ set(record)):
        raise ValueError(f"key {odd[0]!r} is {'missing' if odd[0] in expected else 'unknown'}")
    if wrong := [key for key in _TEXTS if not isinstance(record[key], str)]:
        raise ValueError(f"{wrong[0]}: expected a text")
    if record["topic"] and not TOPIC.fullmatch(record["topic"]):
        raise ValueError(f"topic: {record['topic']!r} cannot be a topic of Kafka")
    if record["unit"] not in set(TimeUnit):
        raise ValueError(f"unit: {record['unit']!r} is not known here")
    return record


def _numbered(record: Mapping[str, Any]) -> list[tuple[int, Any]]:
    if not isinstance(record["leaves"], list):
        raise ValueError("leaves: expected a list")  # noqa: TRY004 - wrong data, not a wrong call
    return list(enumerate(record["leaves"]))


def _leaf(number: int, code: Any, known: Known) -> tuple[Asked, Guard]:
    key = repr(code)
    if key not in known:
        try:
            known[key] = leaf_of(code)
        except ValueError as error:
            raise ValueError(f"leaves[{number}]: {error}") from error
    return known[key]


def _tree(key: str, data: Any, leaves: int) -> PackedTree:
    try:
        return read_tree(data, leaves)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _paths(data: Any) -> FieldPaths:
    if not isinstance(data, dict):
        raise ValueError("paths: expected a map")  # noqa: TRY004 - wrong data, not a wrong call
    if empty := [name for name, path in data.items() if path == []]:
        raise ValueError(f"paths.{empty[0]}: expected a list of texts")
    return tuple(sorted((name, _texts(path, f"paths.{name}")) for name, path in data.items()))


def _texts(data: Any, key: str) -> tuple[str, ...]:
    if not isinstance(data, list) or not all(isinstance(text, str) for text in data):
        raise ValueError(f"{key}: expected a list of texts")
    return tuple(data)
