"""The part of GitHub's expressions that our workflows use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_INSIDE = re.compile(r"\$\{\{(.*?)\}\}")
_PARTS = re.compile(r"\s*(&&|\|\||==|!=|!|\(|\)|'[^']*'|[A-Za-z_][\w.-]*)")


def filled(value: Any, context: Mapping[str, Any]) -> Any:
    """Texts, also those in maps and lists, with their expressions evaluated."""
    if isinstance(value, dict):
        return {key: filled(below, context) for key, below in value.items()}
    if isinstance(value, list):
        return [filled(below, context) for below in value]
    if not isinstance(value, str):
        return value
    if whole := re.fullmatch(r"\$\{\{((?:(?!\}\}).)*)\}\}", value):
        return evaluated(whole[1], context)
    return _INSIDE.sub(lambda found: shown(evaluated(found[1], context)), value)


def shown(value: Any) -> str:
    """A value as text: as GitHub puts it into a variable."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def evaluated(text: str, context: Mapping[str, Any]) -> Any:
    """The value of an expression of names, texts, comparisons, `&&`, `||` and `!`."""
    parts = _PARTS.findall(text)
    assert "".join(parts) == re.sub(r"\s(?=(?:[^']*'[^']*')*[^']*$)", "", text), text
    value, rest = _any(parts, context)
    assert not rest, text
    return value


def _any(parts: list[str], context: Mapping[str, Any]) -> tuple[Any, list[str]]:
    left, rest = _all(parts, context)
    while rest[:1] == ["||"]:
        right, rest = _all(rest[1:], context)
        left = left or right
    return left, rest


def _all(parts: list[str], context: Mapping[str, Any]) -> tuple[Any, list[str]]:
    left, rest = _compared(parts, context)
    while rest[:1] == ["&&"]:
        right, rest = _compared(rest[1:], context)
        left = left and right
    return left, rest


def _compared(parts: list[str], context: Mapping[str, Any]) -> tuple[Any, list[str]]:
    left, rest = _one(parts, context)
    if rest[:1] in (["=="], ["!="]):
        right, after = _one(rest[1:], context)
        return (shown(left) == shown(right)) is (rest[0] == "=="), after
    return left, rest


def _one(parts: list[str], context: Mapping[str, Any]) -> tuple[Any, list[str]]:
    first, *rest = parts
    if first == "!":
        value, rest = _one(rest, context)
        return not value, rest
    if first == "(":
        value, rest = _any(rest, context)
        assert rest[0] == ")"
        return value, rest[1:]
    if first.startswith("'"):
        return first[1:-1], rest
    if rest[:2] == ["(", ")"]:
        return context["functions"][first], rest[2:]
    if first in ("true", "false"):
        return first == "true", rest
    return _named(first, context), rest


def _named(name: str, context: Mapping[str, Any]) -> Any:
    value: Any = context
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
