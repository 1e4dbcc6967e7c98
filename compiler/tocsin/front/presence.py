"""Conditions over the names of rules, as temporal correlations take them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tocsin.diagnostics import near
from tocsin.front.condition import SelectionError, fits
from tocsin.front.sigma import Combined, ConditionError, ConditionTree, Name
from tocsin.front.sigma import Quantified as Pattern
from tocsin.ir.correlation import Absent, Every, Occurs, Presence, Some
from tocsin.model.names import canonical_id, is_uuid

STEPS = 1000
"""How many times a condition is simplified before it counts as too complex."""
TRUE: Presence = Every(())
FALSE: Presence = Some(())


def every(rules: int) -> Presence:
    """All rules occur: what a temporal correlation means without a condition."""
    return Every(tuple(Occurs(rule) for rule in range(rules)))


def named_in(tree: ConditionTree) -> Iterator[tuple[str, bool]]:
    """The names of a condition, in its order; patterns are told apart by True."""
    if isinstance(tree, Name):
        yield tree.name, False
    elif isinstance(tree, Pattern):
        yield tree.pattern, True
    else:
        for arg in tree.args:
            yield from named_in(arg)


def lower_presence(
    tree: ConditionTree, positions: Mapping[str, int], listed: tuple[str, ...]
) -> Presence:
    """The presence of rules that a condition asks for; SelectionError for names of none.

    `positions`: every name by which a rule may be called; `listed`: as the correlation lists them.
    """
    if isinstance(tree, Name):
        name = canonical_id(tree.name)
        if name not in positions:
            close = near(tree.name, listed)
            hint = f"did you mean {close!r}?" if close else f"rules: {', '.join(listed)}"
            raise SelectionError(f"the correlation has no rule {tree.name!r}", tree.name, hint)
        return Occurs(positions[name])
    if isinstance(tree, Pattern):
        text = "*" if tree.pattern == "them" else tree.pattern
        found = [Occurs(n) for n, name in enumerate(listed) if _fits(text, name)]
        if not found:
            hint = f"rules: {', '.join(listed)}"
            raise SelectionError(f"`of {tree.pattern}` matches no rule", tree.pattern, hint)
        return _joined("and" if tree.every else "or", tuple(found))
    return _combined(tree, tuple(lower_presence(arg, positions, listed) for arg in tree.args))


def _fits(pattern: str, name: str) -> bool:
    return fits(pattern.lower() if is_uuid(name) else pattern, name)


def _combined(tree: Combined, args: tuple[Presence, ...]) -> Presence:
    return Absent(args[0]) if tree.operator == "not" else _joined(tree.operator, args)


def _joined(operator: str, args: tuple[Presence, ...]) -> Presence:
    if len(args) == 1:
        return args[0]
    return Every(args) if operator == "and" else Some(args)


def rules_of(presence: Presence) -> set[int]:
    """The positions that a presence asks for."""
    match presence:
        case Occurs(rule):
            return {rule}
        case Absent(arg):
            return rules_of(arg)
        case Every(args) | Some(args):
            return set().union(*map(rules_of, args))


def is_every(presence: Presence, rules: int) -> bool:
    """Whether it asks for all rules and nothing else."""
    args = presence.args if isinstance(presence, Every) else (presence,)
    named = {arg.rule for arg in args if isinstance(arg, Occurs)}
    return all(isinstance(arg, Occurs) for arg in args) and len(named) == rules


def satisfiable(presence: Presence, rules: int) -> bool:
    """Whether a window in which at least one rule occurs can satisfy it.

    ConditionError where that takes too long to find out.
    """
    steps = iter(range(STEPS))
    return any(_possible(_assume(presence, rule, true=True), steps) for rule in range(rules))


def _possible(presence: Presence, steps: Iterator[int]) -> bool:
    if presence in (TRUE, FALSE):
        return presence == TRUE
    if next(steps, None) is None:
        hint = "split it into several correlations"
        raise ConditionError("the condition is too complex", hint=hint)
    rule = min(rules_of(presence))
    return any(_possible(_assume(presence, rule, true=true), steps) for true in (True, False))


def _assume(presence: Presence, rule: int, *, true: bool) -> Presence:
    """What is left to ask for when a rule is known to occur, or not to."""
    match presence:
        case Occurs(other):
            return presence if other != rule else TRUE if true else FALSE
        case Absent(arg):
            left = _assume(arg, rule, true=true)
            return {TRUE: FALSE, FALSE: TRUE}.get(left, Absent(left))
        case Every(args) | Some(args):
            decides, neutral = (FALSE, TRUE) if isinstance(presence, Every) else (TRUE, FALSE)
            left_over = [_assume(arg, rule, true=true) for arg in args]
            if decides in left_over:
                return decides
            return type(presence)(tuple(arg for arg in left_over if arg != neutral))
