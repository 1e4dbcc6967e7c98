"""A condition as it is kept: its leaves, the tree over them, where fields are found in events."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from tocsin.ir.evaluate import View, predicate
from tocsin.ir.nodes import Expr
from tocsin.model.artifact import Event
from tocsin.pack.leaves import Asked, code_of, leaf_of
from tocsin.pack.tree import expr_of, read_tree, tree_of


def packed(expr: Expr, renamed: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The condition as JSON. `renamed`: paths of fields whose place is not their name."""
    numbers: dict[Asked, int] = {}
    tree = tree_of(expr, numbers)
    paths = {name: list(path) for name, path in renamed.items()}
    return {"leaves": [code_of(leaf) for leaf in numbers], "tree": tree, "paths": paths}


def holds_on_all(compiled: Mapping[str, Any], events: Sequence[Event]) -> bool:
    """Whether the condition holds on every one of these events, and there is one."""
    holds = _predicate(json.dumps(compiled, sort_keys=True))
    return bool(events) and all(map(holds, events))


@lru_cache(maxsize=2000)
def _predicate(text: str) -> Callable[[Event], bool]:
    compiled = json.loads(text)
    leaves = [leaf_of(code)[0] for code in compiled["leaves"]]
    holds = predicate(expr_of(read_tree(compiled["tree"], len(leaves)), leaves))
    paths = {name: tuple(path) for name, path in compiled["paths"].items()}
    return lambda event: holds(View(event, paths))
