"""Why a detection matches an event or not, in the words of its rule: selection by selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.front.condition import lower_condition
from tocsin.front.item import Placeholders
from tocsin.front.selection import Lowering
from tocsin.front.sigma import parse_condition
from tocsin.front.yaml import YamlDocument, read_file
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.near import near_misses
from tocsin.ir.nodes import And, Const, Expr
from tocsin.ir.query import Query
from tocsin.ir.trace import Trace, decisive, trace


@dataclass(frozen=True, slots=True)
class Named:
    """The parts of a detection as its file names them. `filters`: what Sigma filters added."""

    query: Query
    selections: Mapping[str, Expr]
    conditions: Mapping[str, Expr]
    filters: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on one event, the tree behind it, and hints at near misses."""

    matches: bool
    tree: Trace
    hints: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The object that `explain --format json` prints for an event."""
        return {"matches": self.matches, "hints": list(self.hints), "tree": as_json(self.tree)}


def as_json(tree: Trace) -> dict[str, Any]:
    """A tree as plain values."""
    below = [as_json(part) for part in tree.below]
    return {"label": tree.label, "holds": tree.holds, "seen": tree.seen, "below": below}


def named(query: Query, placeholders: Placeholders) -> Named:
    """The parts of a detection, from its file, which had no errors when the query was made."""
    document = _document(query)
    lowering = Lowering(document, ("detection",), placeholders)
    block = document.value["detection"]
    selections = {
        name: lowering.selection(value, ("detection", name))
        for name, value in block.items()
        if name != "condition"
    }
    given = block["condition"]
    texts = given if isinstance(given, list) else [given]
    conditions = {text: lower_condition(parse_condition(text), selections) for text in texts}
    own = Lowering(document, ("detection",), placeholders).block(block)
    return Named(query, selections, conditions, _filters(query, own))


def _document(query: Query) -> YamlDocument:
    span = query.detection.span
    documents, _ = read_file(Path(span.file))
    return next(d for d in documents if d.span() == span)


def _filters(query: Query, own: Expr) -> tuple[Expr, ...]:
    """What stands beside the rule's own condition at the top of the query."""
    mine = set(_parts(own))
    return () if query.expr == own else tuple(p for p in _parts(query.expr) if p not in mine)


def _parts(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, And) else (expr,)


def explain(parts: Named, event: Mapping[str, Any]) -> Explanation:
    """Why the detection matches the event, or does not."""
    query = parts.query
    view = View(event, query.source.renamed)
    holds = evaluate(query.matches, view)
    below = [*_where(query, view), *_conditions(parts, view)]
    below += [_headed("Sigma filter", each, view) for each in parts.filters]
    tree = Trace(query.detection.meta.title, holds, "", tuple(below))
    return Explanation(holds, tree, () if holds else tuple(_hints(query, view)))


def _where(query: Query, view: View) -> list[Trace]:
    if query.where == Const(value=True):
        return []
    return [_headed(f"events of {query.detection.logsource}", query.where, view)]


def _conditions(parts: Named, view: View) -> list[Trace]:
    shown = tuple(
        _headed(f"selection {name}", expr, view) for name, expr in parts.selections.items()
    )
    heads = [
        Trace(f"condition: {text}", evaluate(expr, view)) for text, expr in parts.conditions.items()
    ]
    if len(heads) == 1:
        return [Trace(heads[0].label, heads[0].holds, "", shown)]
    any_holds = any(head.holds for head in heads)
    return [Trace("any of the conditions", any_holds, "", (*heads, *shown))]


def _headed(head: str, expr: Expr, view: View) -> Trace:
    """The tree of an expression under a heading, which takes the place of an `all of`."""
    tree = trace(expr, view)
    below = tree.below if tree.label == "all of" else (tree,)
    return Trace(head, tree.holds, "", below)


def _hints(query: Query, view: View) -> list[str]:
    if evaluate(query.where, view):
        return near_misses(query.expr, view)
    failed = decisive(trace(query.where, view))
    leaves = [part for part in (failed.below or (failed,)) if not part.holds]
    asked = "; ".join(f"{part.label} (event: {part.seen})" for part in leaves)
    other = f"the event does not belong to the log source {query.detection.logsource}: {asked}"
    return [other, *near_misses(query.where, view)]
