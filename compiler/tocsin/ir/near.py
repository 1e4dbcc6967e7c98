"""Near misses: what an event has that an expression nearly asks for.

For people only: a hint never changes what a detection means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.escape import printable
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.leaf import passes
from tocsin.ir.nodes import And, Expr, FieldRef, IsNull, Leaf, Not, Or, Regex, Test, Text, Wild
from tocsin.ir.text import fold, number_text, parse_number, texts

TELLING = 4
"""A literal of fewer characters is found by chance in too many places to be worth a hint."""


def near_misses(expr: Expr, view: View) -> list[str]:
    """Hints at why the expression is false, each once; none where it is true."""
    paths = dict(_paths(view.event, ""))
    found = (
        f"{node.field}: {hint}"
        for node in _failed(expr, view)
        for hint in _hints(node, view, paths)
    )
    return [printable(hint) for hint in dict.fromkeys(found)]


def _failed(expr: Expr, view: View, *, wanted: bool = True) -> Iterator[Leaf | FieldRef]:
    """Leaves that are false where the expression would need them true."""
    if evaluate(expr, view) is wanted:
        return
    if isinstance(expr, And | Or):
        for arg in expr.args:
            yield from _failed(arg, view, wanted=wanted)
    elif isinstance(expr, Not) and isinstance(expr.arg, IsNull):
        # `field|exists: true` fails as a leaf that any text would satisfy.
        yield Leaf(expr.arg.field, Text((Wild.MANY,)))
    elif isinstance(expr, Not):
        yield from _failed(expr.arg, view, wanted=not wanted)
    elif isinstance(expr, Leaf | FieldRef) and wanted:
        yield expr


def _paths(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Dotted name and value of everything in an event; not into arrays."""
    for key, below in value.items() if isinstance(value, Mapping) else ():
        yield f"{prefix}{key}", below
        yield from _paths(below, f"{prefix}{key}.")


def _hints(node: Leaf | FieldRef, view: View, paths: Mapping[str, Any]) -> Iterator[str]:
    found = view.texts(node.field)
    if found is None:
        if hint := _missing(node, paths):
            yield hint
    elif isinstance(node, Leaf) and not found and isinstance(paths.get(node.field), Mapping):
        below = ", ".join(f"{node.field}.{key}" for key in paths[node.field])
        yield f"holds a map, which has no text; below it: {below}"
    elif isinstance(node, Leaf):
        yield from dict.fromkeys(h for text in found for h in _differences(node.test, text))


# --- the field is missing --------------------------------------------------------------------


def _missing(node: Leaf | FieldRef, paths: Mapping[str, Any]) -> str:
    field = node.field
    if field in paths:
        return "is null or empty, which counts as missing"
    if array := _array_on_the_way(field, paths):
        return f"{array} is an array; paths lead only through maps"
    if other := _same_name(field, paths):
        return f"the event has {other}: field names are case-sensitive"
    if others := _elsewhere(field, paths):
        return f"missing, but the event has {', '.join(others)}"
    if isinstance(node, Leaf) and (others := _same_value(node.test, paths)):
        return f"missing, but such a value is in {', '.join(others)}"
    return ""


def _array_on_the_way(field: str, paths: Mapping[str, Any]) -> str:
    parts = field.split(".")
    heads = (".".join(parts[:n]) for n in range(1, len(parts)))
    return next((head for head in heads if isinstance(paths.get(head), list)), "")


def _same_name(field: str, paths: Mapping[str, Any]) -> str:
    return next((name for name in paths if name.lower() == field.lower()), "")


def _elsewhere(field: str, paths: Mapping[str, Any]) -> list[str]:
    """Fields with the same last part of their name, whatever its letters' case."""
    last = field.rpartition(".")[2].lower()
    return [name for name in paths if name.rpartition(".")[2].lower() == last][:3]


def _same_value(test: Test, paths: Mapping[str, Any]) -> list[str]:
    if not isinstance(test, Text) or len(_literal(test)) < TELLING:
        return []
    fits = (name for name, value in paths.items() if _any_passes(test, value))
    return list(fits)[:3]


def _any_passes(test: Test, value: Any) -> bool:
    return any(passes(test, text) for text in texts(value) or ())


def _literal(test: Text) -> str:
    return "".join(part for part in test.pattern if isinstance(part, str))


# --- the field has another value -------------------------------------------------------------


def _differences(test: Test, text: str) -> Iterator[str]:
    for differs in (_letters, _blanks, _number, _contained):
        if hint := differs(test, text):
            yield hint
            return


def _letters(test: Test, text: str) -> str:
    if isinstance(test, Text) and test.cased:
        caseless = Text(tuple(fold(p) if isinstance(p, str) else p for p in test.pattern))
        if passes(caseless, text):
            return f"{text!r} differs only in upper and lower case, which `cased` compares"
    if isinstance(test, Regex) and "i" not in test.flags:
        flags = "".join(sorted(f"{test.flags}i"))
        if passes(Regex(test.pattern, flags), text):
            return f"{text!r} differs only in upper and lower case: use `re|i`"
    return ""


def _blanks(test: Test, text: str) -> str:
    bare = text.strip()
    return f"{text!r} has whitespace around it" if bare != text and passes(test, bare) else ""


def _number(test: Test, text: str) -> str:
    number = parse_number(text)
    if number is None or not passes(test, number_text(number)):
        return ""
    return f"{text!r} is text, not the number {number_text(number)}"


def _contained(test: Test, text: str) -> str:
    if not isinstance(test, Text) or len(_literal(test)) < TELLING:
        return ""
    inside = Text((Wild.MANY, *test.pattern, Wild.MANY), test.cased)
    if not passes(inside, text):
        return ""
    return f"{_short(text)} contains it, but is longer: use `contains`"


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:79] + "…")  # noqa: PLR2004 - one line
