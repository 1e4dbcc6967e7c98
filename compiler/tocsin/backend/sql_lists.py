"""Long lists of equalities on one field, drawn together before any SQL is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tocsin.backend.sql_text import Shape, shape_of
from tocsin.ir.nodes import Expr, Leaf, Text


@dataclass(frozen=True, slots=True)
class In:
    """The field's text is one of the literals (two at least), which are folded unless `cased`."""

    field: str
    cased: bool
    literals: tuple[str, ...]


def drawn_together(args: Iterable[Expr], listed: Callable[[str], bool]) -> list[Expr | In]:
    """The arguments of an OR; equalities of a field become one In where the first of them stood.

    `listed` says whether a field's column can be tested by an IN list.
    """
    groups: dict[tuple[str, bool], list[str]] = {}
    places: list[Expr | tuple[str, bool]] = []
    for arg in args:
        key = _equality(arg)
        if key is None or not listed(key[0]):
            places.append(arg)
            continue
        field, cased, literal = key
        if (field, cased) not in groups:
            places.append((field, cased))
        groups.setdefault((field, cased), []).append(literal)
    return [_grouped(p, groups[p]) if isinstance(p, tuple) else p for p in places]


def _grouped(key: tuple[str, bool], literals: list[str]) -> Expr | In:
    field, cased = key
    if len(literals) > 1:
        return In(field, cased, tuple(dict.fromkeys(literals)))
    return Leaf(field, Text((literals[0],) if literals[0] else (), cased))


def _equality(arg: Expr) -> tuple[str, bool, str] | None:
    if not isinstance(arg, Leaf) or not isinstance(arg.test, Text):
        return None
    shaped = shape_of(arg.test.pattern)
    return (arg.field, arg.test.cased, shaped.literal) if shaped.shape is Shape.EQUALS else None
