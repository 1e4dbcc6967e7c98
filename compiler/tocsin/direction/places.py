"""Fields by their place in an event, so that sources that call them otherwise can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.ir.nodes import And, Expr, FieldRef, IsNull, Leaf, Not, Or
from tocsin.ir.text import parse_number, scalar_text
from tocsin.model.source import FieldType, Source

Values = Mapping[str, Any]
"""What events have in their fields, by place."""


@dataclass(slots=True)
class FieldPlaces:
    """Keys for fields. `paths`: where a field is whose place is not simply its name.

    `types`: as sources declare them.
    """

    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)
    types: dict[str, FieldType] = field(default_factory=dict)

    def key(self, source: Source, name: str) -> str:
        """The field's place: its name, where the source does not say otherwise."""
        path, column = source.renamed.get(name), source.column(name)
        key = "\0".join(("", *path)) if path else name
        if path:
            self.paths[key] = path
        if column:
            self.types[key] = column.type
        return key

    def placed(self, expr: Expr, source: Source) -> Expr:
        """The expression with places for names."""
        match expr:
            case And(args) | Or(args):
                return type(expr)(tuple(self.placed(arg, source) for arg in args))
            case Not(arg):
                return Not(self.placed(arg, source))
            case Leaf(name) | IsNull(name):
                return replace(expr, field=self.key(source, name))
            case FieldRef(name, other):
                return replace(expr, field=self.key(source, name), other=self.key(source, other))
        return expr

    def events(self, values: Values) -> Iterable[dict[str, Any]]:
        """Events with these values: nested as names tell, then with names as flat keys."""
        yield self._event({key: self._nested(key) for key in values}, values)
        yield self._event({key: self.paths.get(key, (key,)) for key in values}, values)

    def _nested(self, key: str) -> tuple[str, ...]:
        return self.paths.get(key) or tuple(key.split("."))

    def _event(self, paths: Mapping[str, tuple[str, ...]], values: Values) -> dict[str, Any]:
        event: dict[str, Any] = {}
        for key, path in paths.items():
            *way, last = path
            at = event
            for part in way:
                below = at.setdefault(part, {})
                at = below if isinstance(below, dict) else {}
            at[last] = _typed(values[key], self.types.get(key))
        return event


def _typed(value: Any, kind: FieldType | None) -> Any:
    """A text as a value of the declared type, if that has this very text form."""
    if isinstance(value, list):
        return [_typed(each, kind) for each in value]
    made = value
    if kind in (FieldType.INTEGER, FieldType.DOUBLE) and isinstance(value, str):
        made = parse_number(value)
    elif kind is FieldType.BOOLEAN and value in ("true", "false"):
        made = value == "true"
    return made if made is not None and scalar_text(made) == value else value
