"""Conditions over selections to expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tocsin.front.sigma import Combined, ConditionError, ConditionTree, Name, Quantified
from tocsin.ir.nodes import Expr, all_of, any_of, negate


class SelectionError(ConditionError):
    """A condition that names no selection of its detection; `written` is what stands there."""

    def __init__(self, message: str, written: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.written = written

    def found_in(self, text: str) -> int:
        """The offset of what is written in the condition's text."""
        found = re.search(rf"(?<!\w){re.escape(self.written)}", text)
        return found.start() if found else 0


def lower_condition(tree: ConditionTree, selections: Mapping[str, Expr]) -> Expr:
    """The expression of a condition; raises SelectionError for what names nothing."""
    if isinstance(tree, Name):
        if tree.name not in selections:
            raise _unknown(tree.name, selections)
        return selections[tree.name]
    if isinstance(tree, Quantified):
        named = [selections[name] for name in _named(tree.pattern, selections)]
        return all_of(named) if tree.every else any_of(named)
    args = [lower_condition(arg, selections) for arg in tree.args]
    if tree.operator == "not":
        return negate(args[0])
    return all_of(args) if tree.operator == "and" else any_of(args)


def names_in(tree: ConditionTree, selections: Mapping[str, Expr]) -> list[str]:
    """The selections that a condition uses, each as often as it does; raises SelectionError."""
    if isinstance(tree, Name):
        if tree.name not in selections:
            raise _unknown(tree.name, selections)
        return [tree.name]
    if isinstance(tree, Quantified):
        return _named(tree.pattern, selections)
    return [name for arg in tree.args for name in names_in(arg, selections)]


def has_negation(tree: ConditionTree) -> bool:
    """Whether a `not` stands anywhere in the condition."""
    if isinstance(tree, Combined):
        return tree.operator == "not" or any(map(has_negation, tree.args))
    return False


def fits(pattern: str, name: str) -> bool:
    """Whether a name matches a pattern, in which `*` is any run of characters; linear."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == name
    *middle, last = rest
    at, end = len(first), len(name) - len(last)
    if at > end or not (name.startswith(first) and name.endswith(last)):
        return False
    for part in middle:
        at = name.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _named(pattern: str, selections: Mapping[str, Expr]) -> list[str]:
    # Names that begin with an underscore are private: only a pattern that begins so too finds them.
    text = "*" if pattern == "them" else pattern
    found = [
        name
        for name in selections
        if fits(text, name) and (text.startswith("_") or not name.startswith("_"))
    ]
    if not found:
        message = f"`of {pattern}` matches no selection"
        raise SelectionError(message, pattern, _known(selections))
    return found


def _unknown(name: str, selections: Mapping[str, Expr]) -> SelectionError:
    if name in ("and", "or", "not", "of"):
        return SelectionError(f"expected a selection, not `{name}`", name, _known(selections))
    return SelectionError(f"no selection {name!r}", name, _known(selections))


def _known(selections: Mapping[str, Expr]) -> str:
    return f"selections: {', '.join(selections) or '(none)'}"
