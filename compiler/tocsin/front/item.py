"""One line of a selection, `field|modifiers: values`, to an expression."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import re2

from tocsin.front import encode
from tocsin.front.budget import TOO_LARGE, Budget, of_file, pattern_cost, regex_cost, text_cost
from tocsin.front.encode import Encoded, ModifierError
from tocsin.front.key import (
    EMPTY_HINT,
    EVERYWHERE,
    FLAGS,
    OPS,
    TEXT_MODIFIERS,
    UNITS,
    Item,
    ItemError,
    parse_key,
)
from tocsin.front.pattern import folded, normal, parse_pattern
from tocsin.front.time_part import lower_time_part
from tocsin.ir.leaf import regex
from tocsin.ir.nodes import (
    Cidr,
    Compare,
    Expr,
    FieldRef,
    How,
    IsNull,
    Keyword,
    Leaf,
    Regex,
    Test,
    Text,
    Wild,
    all_of,
    any_of,
    negate,
)
from tocsin.ir.text import number_text, parse_number

Placeholders = Mapping[str, tuple[str, ...]]
_PLACEHOLDER = re.compile(r"(\\[\\%])|%(\w[\w.-]*)%")


def lower_item(
    key: str, value: Any, placeholders: Placeholders | None = None, budget: Budget | None = None
) -> Expr:
    """The expression of one item; raises ItemError, and TooMuch of the budget."""
    item = parse_key(key)
    lists, budget = placeholders or {}, budget or of_file()
    values = value if isinstance(value, list) else [value]
    if not values:
        raise ItemError("TOC020", "an empty list matches nothing")
    if value is None:
        return _null(item)
    if item.kind == "exists" and len(values) > 1:
        raise ItemError("TOC022", "exists takes one value, true or false")
    parts = [_lower_value(item, v, n, lists, budget) for n, v in enumerate(values)]
    joined = all_of(parts) if "all" in item.modifiers else any_of(parts)
    return negate(joined) if "neq" in item.modifiers else joined


def _null(item: Item) -> Expr:
    if not item.field and not item.modifiers:
        raise ItemError("TOC020", "an empty selection", EMPTY_HINT)
    if not item.field or set(item.modifiers) - EVERYWHERE:
        raise ItemError("TOC023", "null needs a field, and takes no modifier")
    return negate(IsNull(item.field)) if "neq" in item.modifiers else IsNull(item.field)


def _lower_value(item: Item, value: Any, number: int, lists: Placeholders, budget: Budget) -> Expr:
    if value is None:
        hint = "give it a selection of its own: `field: null`"
        raise ItemError("TOC023", "null inside a list of values", hint, number)
    if isinstance(value, list | dict):
        raise ItemError("TOC020", "a value must be text, a number or a boolean", "", number)
    try:
        if "expand" in item.modifiers:
            texts = _expand(value, lists, budget)
            typed = [_typed(item.kind, text) for text in texts]
            return any_of([_LOWER[item.kind](item, each, budget) for each in typed])
        return _LOWER[item.kind](item, value, budget)
    except ItemError as error:
        error.value = number
        raise
    except ModifierError as error:
        raise ItemError("TOC022", str(error), "", number) from None


def _expand(value: Any, lists: Placeholders, budget: Budget) -> list[str]:
    parts = list(_alternatives(str(value), lists))
    longest = sum(max(map(len, part), default=0) for part in parts)
    made = text_cost(longest)
    for part in parts:
        if len(part) > 1:
            made *= len(part)
            budget.check(made)
    return ["".join(choice) for choice in product(*parts)]


def _alternatives(text: str, lists: Placeholders) -> Iterator[tuple[str, ...]]:
    """The pieces of a text: one literal each, or the values of a placeholder."""
    at = 0
    for found in _PLACEHOLDER.finditer(text):
        escaped, name = found.groups()
        if name is not None and name not in lists:
            hint = f"add placeholders/{name}.txt, one value per line"
            raise ItemError("TOC026", f"the placeholder %{name}% is not defined", hint)
        if name is not None and not lists[name]:
            hint = f"placeholders/{name}.txt is empty: write one value per line"
            raise ItemError("TOC026", f"the placeholder %{name}% has no values", hint)
        yield (text[at : found.start()],)
        # Of escapes only that of the percent sign is ours, the others are those of patterns.
        yield lists[name] if name is not None else ("%" if escaped == r"\%" else escaped,)
        at = found.end()
    yield (text[at:],)


def _typed(kind: str, text: str) -> Any:
    """Placeholders hold texts; where only a number has a meaning, the number that one is."""
    number = parse_number(text) if kind in OPS or kind in UNITS else None
    return text if number is None else number


def _leaf(item: Item, test: Test) -> Expr:
    return Leaf(item.field, test) if item.field else Keyword(test)


def _lower_text(item: Item, value: Any, budget: Budget) -> Expr:
    start = parse_pattern(value) if isinstance(value, str) else normal([_scalar(value)])
    variants: list[Encoded] = [start]
    edges = {"contains", "startswith", "endswith"} & set(item.modifiers)
    modifiers = item.modifiers if item.field or edges else (*item.modifiers, "contains")
    for modifier in modifiers:
        if apply := TEXT_MODIFIERS.get(modifier):
            variants = [new for old in variants for new in apply(old)]
    settled = [encode.settle(variant) for variant in variants]
    budget.take(sum(map(pattern_cost, settled)))
    return any_of([_text_leaf(item, pattern) for pattern in settled])


def _text_leaf(item: Item, pattern: tuple[str | Wild, ...]) -> Expr:
    if pattern == (Wild.MANY,) and item.field:
        return negate(IsNull(item.field))
    return _leaf(item, Text(pattern, cased=True) if item.cased else Text(folded(pattern)))


def _scalar(value: float) -> str:
    return str(value).lower() if isinstance(value, bool) else number_text(value)


def _lower_regex(item: Item, value: Any, budget: Budget) -> Expr:
    if not isinstance(value, str):
        raise ItemError("TOC024", "a regular expression must be text", "quote it")
    flags = "".join(sorted({FLAGS[m] for m in item.modifiers if m in FLAGS}))
    try:
        budget.take(regex_cost(len(value), regex(value, flags).programsize))
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        budget.take(TOO_LARGE if "too large" in reason else text_cost(len(value)))
        hint = "RE2 has no look-around and no back-references"
        raise ItemError("TOC024", f"not a valid RE2 regular expression: {reason}", hint) from None
    return _leaf(item, Regex(value, flags))


def _lower_cidr(item: Item, value: Any, budget: Budget) -> Expr:
    budget.take(1)
    if "%" in str(value):
        raise ItemError("TOC025", f"not a network: {value!r} has a zone")
    try:
        return Leaf(item.field, Cidr(str(ipaddress.ip_network(str(value)))))
    except ValueError as error:
        hint = "write an address and a prefix length, such as 10.0.0.0/8"
        raise ItemError("TOC025", f"not a network: {error}", hint) from None


def _lower_exists(item: Item, value: Any, budget: Budget) -> Expr:
    budget.take(1)
    if not isinstance(value, bool):
        raise ItemError("TOC022", "exists takes true or false")
    return negate(IsNull(item.field)) if value else IsNull(item.field)


def _lower_fieldref(item: Item, value: Any, budget: Budget) -> Expr:
    budget.take(1)
    if not isinstance(value, str) or not value:
        raise ItemError("TOC022", "fieldref needs the name of a field")
    ways = [how for how in How if how.value in item.modifiers]
    if len(ways) > 1:
        raise ItemError("TOC022", f"{ways[0]} and {ways[1]} cannot be combined with fieldref")
    return FieldRef(item.field, value, ways[0] if ways else How.EQUALS, cased=item.cased)


def _lower_compare(item: Item, value: Any, budget: Budget) -> Expr:
    budget.take(1)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ItemError("TOC022", f"{item.kind} needs a number", "write it without quotes")
    return Leaf(item.field, Compare(OPS[item.kind], parse_number(number_text(value)) or 0))


def _lower_time(item: Item, value: Any, budget: Budget) -> Expr:
    budget.take(1)
    return lower_time_part(item.field, UNITS[item.kind], item.op, value)


_LOWER: dict[str, Callable[[Item, Any, Budget], Expr]] = {
    "": _lower_text,
    "re": _lower_regex,
    "cidr": _lower_cidr,
    "exists": _lower_exists,
    "fieldref": _lower_fieldref,
    **dict.fromkeys(OPS, _lower_compare),
    **dict.fromkeys(UNITS, _lower_time),
}
