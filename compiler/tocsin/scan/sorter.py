"""Which of several conditions hold of an event, for many events that are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from tocsin.ir.evaluate import Predicate, View, predicate
from tocsin.ir.nodes import Expr, IsNull, Leaf
from tocsin.ir.text import lookup, texts
from tocsin.ir.walk import fields_of, nodes_of
from tocsin.model.artifact import Event

MOST_KEYS = 50_000
"""Different values of the fields that the conditions ask for, whose answer is kept."""

T = TypeVar("T")
_Names = tuple[str, ...]


class Sorter(Generic[T]):
    """Things with a condition each; events with equal values in what these ask for are asked once.

    The conditions are those of log sources, which test fields, not any text of an event.
    """

    def __init__(self, things: Sequence[tuple[Expr, T]]) -> None:
        asked = [(predicate(where), each) for where, each in things]
        self._asked: list[tuple[Predicate, T]] = asked
        self._in = _Asked([where for where, _ in things])
        self._answers: dict[tuple[Any, ...], list[T]] = {}

    def of(self, event: Event) -> list[T]:
        """The things whose condition holds of the event, in their order."""
        key = self._in.of(event)
        found = self._answers.get(key)
        if found is None:
            view = View(event)
            found = [thing for holds, thing in self._asked if holds(view)]
            if len(self._answers) < MOST_KEYS:
                self._answers[key] = found
        return found


class _Asked:
    """What conditions ask for: values of fields; of some fields only whether they are there."""

    def __init__(self, wheres: Sequence[Expr]) -> None:
        nodes = [node for where in wheres for node in nodes_of(where)]
        present = {node.field for node in nodes if isinstance(node, IsNull)}
        compared = {node.field for node in nodes if isinstance(node, Leaf)}
        named = {name for where in wheres for name in fields_of(where)}
        self._told = sorted((named - present) | compared)
        self._there = sorted(present - compared)
        self._shapes: dict[tuple[str, ...], tuple[_Names, _Names]] = {}

    def of(self, event: Event) -> tuple[Any, ...]:
        """What an event has of it: equal only where all conditions say the same."""
        names = told, there = self._within(event)
        values = [_value(lookup(event, name)) for name in told]
        return (names, *values, *[_is_there(lookup(event, name)) for name in there])

    def _within(self, event: Event) -> tuple[_Names, _Names]:
        """The fields that an event with these keys may have, which are a few of many."""
        shape = tuple(event)
        found = self._shapes.get(shape)
        if found is None:
            found = _possible(self._told, event), _possible(self._there, event)
            if len(self._shapes) < MOST_KEYS:
                self._shapes[shape] = found
        return found


def _possible(names: Sequence[str], event: Event) -> _Names:
    return tuple(name for name in names if name in event or name.partition(".")[0] in event)


def _value(value: Any) -> Any:
    return value if type(value) is str or value is None else (type(value).__name__, repr(value))


def _is_there(value: Any) -> bool:
    return texts(value) is not None
