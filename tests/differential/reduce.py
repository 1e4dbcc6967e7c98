"""A difference made small: simpler detections and events are tried on the engine, many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import re2

from differential.compare import Difference, Subject, resilient
from differential.world import SOURCE, Doubled, Event, query_of
from tocsin.compile import Refusal, compile_query
from tocsin.front.pattern import normal
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.leaf import regex
from tocsin.ir.nodes import And, Compare, Const, Expr, FieldRef, Keyword, Leaf, Not, Or, Regex, Text

ROUNDS = 40
WIDTH = 60
"""Candidates of one round."""


def reduced(subject: Subject, found: Difference) -> Difference:
    """The smallest difference that small steps lead to."""
    for _ in range(ROUNDS):
        smaller = _step(subject, found)
        if smaller is None:
            break
        found = smaller
    return found


def _step(subject: Subject, found: Difference) -> Difference | None:
    """The first simpler pair, the simplest first, on which the engine still disagrees."""
    pairs = [(expr, found.event) for expr in simpler(found.expr)]
    pairs += [(found.expr, event) for event in smaller_events(found.event)]
    pairs = sorted(pairs, key=lambda pair: _size(*pair))[:WIDTH]
    # Where the run fails it fails for all, and the simplest nearly always does: one at a time.
    rounds = [[pair] for pair in pairs] if found.failure else [pairs]
    return next(filter(None, (_first(subject, found, each) for each in rounds)), None)


def _first(
    subject: Subject, found: Difference, pairs: Sequence[tuple[Expr, Event]]
) -> Difference | None:
    """The first pair on which the engine still disagrees."""
    artifacts, kept = [], {}
    for number, (expr, event) in enumerate(pairs):
        made = compile_query(query_of(expr, f"d{number}", subject.source), subject.backend)
        if not isinstance(made, Refusal):
            artifacts.append(made)
            kept[f"d{number}"] = (number, expr, event)
    matches, failed = resilient(subject, artifacts, [event for _, event in pairs])
    hits = {(match.detection, match.event) for match in matches}
    for name, (number, expr, event) in kept.items():
        wanted = evaluate(expr, View(event, SOURCE.renamed))
        disagree = name in failed if found.failure else ((name, number) in hits) is not wanted
        if disagree and (found.failure or name not in failed):
            return replace(
                found, expr=expr, event=event, wanted=wanted, text="", failure=failed.get(name, "")
            )
    return None


def _size(expr: Expr, event: Event) -> int:
    return len(repr(expr)) + len(repr(event))


# --- expressions --------------------------------------------------------------------------------


def simpler(expr: Expr) -> Iterator[Expr]:
    """Expressions one step simpler."""
    match expr:
        case And(args) | Or(args):
            yield from args
            for at, arg in enumerate(args):
                rest = args[:at] + args[at + 1 :]
                if len(rest) > 1:
                    yield type(expr)(rest)
                yield from (type(expr)((*args[:at], new, *args[at + 1 :])) for new in simpler(arg))
        case Not(arg):
            yield arg
            yield from map(Not, simpler(arg))
        case Leaf(field, test):
            yield from (Leaf(field, new) for new in _simpler_test(test))
            if field != "text":
                yield Leaf("text", test)
        case Keyword(test):
            yield Leaf("text", test)
            yield from map(Keyword, _simpler_test(test))
        case FieldRef() if expr.cased:
            yield replace(expr, cased=False)
        case Const():
            return


def _simpler_test(test: Any) -> Iterator[Any]:
    match test:
        case Text(pattern, cased):
            for at, part in enumerate(pattern):
                yield Text(normal([*pattern[:at], *pattern[at + 1 :]]), cased)
                if isinstance(part, str):
                    for less in _shorter(part):
                        yield Text(normal([*pattern[:at], less, *pattern[at + 1 :]]), cased)
        case Regex(pattern, flags):
            yield from (Regex(pattern, flags.replace(flag, "")) for flag in flags)
            for less in _shorter(pattern):
                try:
                    regex(less, flags)
                except re2.error:
                    continue
                yield Regex(less, flags)
        case Compare(op, number) if number not in (0, 1):
            yield from (Compare(op, less) for less in (0, 1, int(number) // 2))


def _shorter(text: str) -> Iterator[str]:
    """The text without its halves and, if it is short, without each of its characters."""
    if len(text) > 1:
        half = len(text) // 2
        yield text[:half]
        yield text[half:]
    if len(text) <= 12:
        yield from (text[:at] + text[at + 1 :] for at in range(len(text)))


# --- events -------------------------------------------------------------------------------------


def smaller_events(event: Event) -> Iterator[Event]:
    """Events one step smaller."""
    if isinstance(event, Doubled):
        before = event.before
        event = dict(event)
        yield from (Doubled(event, before[:n] + before[n + 1 :]) for n in range(len(before)))
        yield from (Doubled(less, before) for less in smaller_events(event))
        yield event
        return
    for key, value in event.items():
        yield {k: v for k, v in event.items() if k != key}
        yield from ({**event, key: less} for less in _smaller(value))


def _smaller(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            yield from smaller_events(value)
        case list():
            for at, member in enumerate(value):
                yield value[:at] + value[at + 1 :]
                yield from ([*value[:at], less, *value[at + 1 :]] for less in _smaller(member))
        case str():
            yield from _shorter(value)
