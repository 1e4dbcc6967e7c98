"""Common factors pulled out of conditions, without changing what they mean.

`(a and b) or (a and c)` becomes `a and (b or c)`, likewise with and/or exchanged, and several
negations become one. Flink 2.2's planner needs this: under a NOT, one of its rules pulls such
factors out and another multiplies them in again, for ever.
"""

from __future__ import annotations

from collections.abc import Callable

from tocsin.ir.nodes import And, Const, Expr, Not, Or, all_of, any_of, negate

Join = Callable[[list[Expr]], Expr]


def factored(expr: Expr) -> Expr:
    """The same condition with common factors pulled out, from the leaves up."""
    match expr:
        case Not(arg):
            return negate(factored(arg))
        case And(args):
            return _joined([factored(arg) for arg in args], all_of, any_of, Or)
        case Or(args):
            return _joined([factored(arg) for arg in args], any_of, all_of, And)
        case _:
            return expr


def _joined(args: list[Expr], join: Join, other: Join, below: type[And | Or]) -> Expr:
    """The arguments joined, their negations as one, and what all of them share outside."""
    positive = [arg for arg in args if not isinstance(arg, Not)]
    negated = [arg.arg for arg in args if isinstance(arg, Not)]
    if len(negated) > 1:
        kind = And if below is Or else Or
        args = [*positive, negate(_joined(negated, other, join, kind))]
    parts = [arg.args if isinstance(arg, below) else (arg,) for arg in args]
    shared = [part for part in parts[0] if all(part in others for others in parts[1:])]
    if len(parts) < 2 or not shared:  # noqa: PLR2004 - one part shares with nobody
        return join(args)
    rest = [other([p for p in part if p not in shared] or [_neutral(below)]) for part in parts]
    return other([*shared, join(rest)])


def _neutral(below: type[And | Or]) -> Expr:
    """What an empty AND (true) or OR (false) is."""
    return Const(value=below is And)
