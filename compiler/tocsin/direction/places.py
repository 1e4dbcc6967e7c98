"""Fields by their place in an event, so that sources that call them otherwise can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.ir.nodes import And, Expr, FieldRef, IsNull, Leaf, Not, Or
from tocsin.model.source import Source

Values = Mapping[str, Any]
"""What events have in their fields, by place."""


@dataclass(slots=True)
class FieldPlaces:
    """Keys for fields. `paths`: where a field is whose place is not simply its name."""

    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def key(self, source: Source, name: str) -> str:
        """The field's place: its name, where the source does not say otherwise."""
        path = source.renamed.get(name)
        if path is None:
            return name
        key = "\0".join(("", *path))
        self.paths[key] = path
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
            at[last] = values[key]
        return event
