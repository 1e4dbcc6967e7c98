"""Parts of a few leaves, and what the evaluator says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from differential.world import SOURCE, query_of
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.nodes import Expr, Leaf, Text, TextPart, Wild
from tocsin.pack import Part
from tocsin_matcher.atoms import Atom, atoms_of

ANY = Wild.MANY
Event = dict[str, Any]


def part(expr: Expr, name: str = "d") -> Part:
    """A detection with this condition, on the source of generated detections."""
    return Part.of(query_of(expr, name))


def older(expr: Expr, name: str = "d") -> Part:
    """The same, of a time when the source knew no places of fields."""
    return replace(part(expr, name), paths=())


def text(field: str, *pattern: TextPart, cased: bool = False) -> Leaf:
    """A test of the text at a field."""
    return Leaf(field, Text(pattern, cased=cased))


def atoms(*exprs: Expr) -> Sequence[Atom]:
    """The atoms of conditions, one detection each."""
    return atoms_of([part(expr, f"d{number}") for number, expr in enumerate(exprs)]).all


def holds(expr: Expr, event: Mapping[str, Any]) -> bool:
    """What the evaluator says."""
    return evaluate(expr, View(event, SOURCE.renamed))
