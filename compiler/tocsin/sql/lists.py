"""Long lists of texts for one field, drawn together before any SQL is made."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, replace

from tocsin.ir.nodes import Expr, Leaf, Text
from tocsin.sql.patterns import PatternShape, shape_of


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


@dataclass(frozen=True, slots=True)
class AnyText:
    """The field's text is, starts with, ends with or contains one of the literals."""

    field: str
    cased: bool
    shape: PatternShape
    literals: tuple[str, ...]


AFFIXES = frozenset(
    {PatternShape.EQUALS, PatternShape.STARTS, PatternShape.ENDS, PatternShape.CONTAINS}
)


def long_runs(
    args: Iterable[Expr | In | AnyText],
    listed: Callable[[str], bool],
    least: int,
    shapes: Container[PatternShape] = AFFIXES,
) -> list[Expr | In | AnyText]:
    """The arguments with `least` or more of one of the shapes on one field put into one AnyText."""
    groups: dict[AnyText, list[str]] = {}
    places: list[tuple[Expr | In | AnyText, AnyText | None]] = []
    for arg in args:
        key, literal = _affix(arg)
        if key is None or key.shape not in shapes or not listed(key.field):
            places.append((arg, None))
            continue
        groups.setdefault(key, []).append(literal)
        places.append((arg, key))
    runs = {
        key: replace(key, literals=tuple(dict.fromkeys(literals)))
        for key, literals in groups.items()
        if len(literals) >= least
    }
    placed = set[AnyText]()
    result: list[Expr | In | AnyText] = []
    for arg, key in places:
        if key is None or key not in runs:
            result.append(arg)
        elif key not in placed:
            placed.add(key)
            result.append(runs[key])
    return result


def _affix(arg: Expr | In | AnyText) -> tuple[AnyText | None, str]:
    if not isinstance(arg, Leaf) or not isinstance(arg.test, Text):
        return None, ""
    shaped = shape_of(arg.test.pattern)
    if shaped.shape not in AFFIXES:
        return None, ""
    return AnyText(arg.field, arg.test.cased, shaped.shape, ()), shaped.literal


def _grouped(key: tuple[str, bool], literals: list[str]) -> Expr | In:
    field, cased = key
    if len(literals) > 1:
        return In(field, cased, tuple(dict.fromkeys(literals)))
    return Leaf(field, Text((literals[0],) if literals[0] else (), cased))


def _equality(arg: Expr) -> tuple[str, bool, str] | None:
    if not isinstance(arg, Leaf) or not isinstance(arg.test, Text):
        return None
    shaped = shape_of(arg.test.pattern)
    return (
        (arg.field, arg.test.cased, shaped.literal) if shaped.shape is PatternShape.EQUALS else None
    )
