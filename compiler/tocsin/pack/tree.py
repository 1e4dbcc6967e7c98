"""Conditions over numbered leaves: JSON booleans, numbers of leaves, and lists.

true   3   ["and", 0, 1]   ["or", 2, ["not", 3]]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

from tocsin.ir.nodes import And, Const, Expr, Not, Or
from tocsin.pack.leaves import Asked

PackedTree = bool | int | tuple[Any, ...]

MAX_DEPTH = 100
"""Levels of nested conditions: far above any rule, safely below Python's stack."""

_NODES: Mapping[str, type[And | Or]] = {"and": And, "or": Or}


class TooDeepError(ValueError):
    """A condition is nested too deeply to be loaded."""

    def __init__(self) -> None:
        super().__init__(f"nested deeper than {MAX_DEPTH} levels")


def tree_of(expr: Expr, numbers: dict[Asked, int], depth: int = 0) -> PackedTree:
    """The tree of an expression; leaves that are new get the next number. Raises TooDeepError."""
    if depth >= MAX_DEPTH:
        raise TooDeepError
    match expr:
        case Const(value):
            return value
        case And(args) | Or(args):
            name = "and" if isinstance(expr, And) else "or"
            return (name, *map(tree_of, args, repeat(numbers), repeat(depth + 1)))
        case Not(arg):
            return ("not", tree_of(arg, numbers, depth + 1))
        case _:
            return numbers.setdefault(expr, len(numbers))


def expr_of(tree: PackedTree, leaves: Sequence[Asked]) -> Expr:
    """The expression of a tree."""
    if isinstance(tree, bool):
        return Const(tree)
    if isinstance(tree, int):
        return leaves[tree]
    name, *args = tree
    if name == "not":
        return Not(expr_of(args[0], leaves))
    return _NODES[name](tuple(map(expr_of, args, repeat(leaves))))


def read_tree(data: Any, leaves: int, depth: int = 0) -> PackedTree:
    """The tree in JSON data over so many leaves. Raises ValueError saying what is wrong."""
    if isinstance(data, bool):
        return data
    if isinstance(data, int):
        if not 0 <= data < leaves:
            raise ValueError(f"there is no leaf {data}")
        return data
    if depth >= MAX_DEPTH:
        raise TooDeepError
    if not isinstance(data, list) or not data or data[0] not in ("and", "or", "not"):
        raise ValueError(f"not a condition: {str(data)[:60]}")
    fewest, most = (1, 1) if data[0] == "not" else (2, len(data))
    if not fewest <= len(data) - 1 <= most:
        raise ValueError(f"{data[0]} of {len(data) - 1} conditions")
    return (data[0], *map(read_tree, data[1:], repeat(leaves), repeat(depth + 1)))
