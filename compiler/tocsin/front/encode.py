"""Modifiers that rewrite texts: dashes, UTF-16, Base64."""

from __future__ import annotations

import re
from base64 import b64encode
from itertools import product

from tocsin.front.pattern import literal, normal
from tocsin.ir.nodes import Pattern, TextPart

DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
MAX_DASHES = 4
MAX_LETTERS = 1_000_000
_DASH = re.compile(rf"\B[{''.join(DASHES)}]\b")

Encoded = Pattern | bytes
"""A pattern, or the bytes that a UTF-16 modifier left for a Base64 modifier."""


class ModifierError(ValueError):
    """A modifier does not fit its value; the text says why."""


def windash(value: Encoded) -> list[Encoded]:
    """Every dash at a word start, each on its own, as any of the five dashes."""
    alternatives: list[tuple[TextPart, ...]] = []
    parts = _pattern(value, "windash")
    for part in parts:
        if not isinstance(part, str):
            alternatives.append((part,))
            continue
        at = 0
        for found in _DASH.finditer(part):
            alternatives += [(part[at : found.start()],), DASHES]
            at = found.end()
        alternatives.append((part[at:],))
    dashes = sum(each is DASHES for each in alternatives)
    if dashes > MAX_DASHES:
        raise ModifierError(f"windash allows {MAX_DASHES} dashes in a value; this one has {dashes}")
    letters = len(DASHES) ** dashes * sum(len(part) for part in parts if isinstance(part, str))
    if letters > MAX_LETTERS:
        raise ModifierError(
            f"windash turns this value into {letters} characters; at most {MAX_LETTERS} are allowed"
        )
    return [normal(choice) for choice in product(*alternatives)]


def wide(value: Encoded) -> list[Encoded]:
    """UTF-16, little endian, no byte order mark (`wide`, `utf16le`)."""
    return [_literal(value, "wide").encode("utf-16-le")]


def utf16be(value: Encoded) -> list[Encoded]:
    """UTF-16, big endian, no byte order mark."""
    return [_literal(value, "utf16be").encode("utf-16-be")]


def utf16(value: Encoded) -> list[Encoded]:
    """UTF-16, little endian, with byte order mark."""
    return [b"\xff\xfe" + _literal(value, "utf16").encode("utf-16-le")]


def base64(value: Encoded) -> list[Encoded]:
    """The Base64 text of the value's bytes."""
    return [normal([b64encode(_bytes(value, "base64")).decode()])]


def base64offset(value: Encoded) -> list[Encoded]:
    """The Base64 text that the value leaves at each of the three offsets."""
    data = _bytes(value, "base64offset")
    found: list[Encoded] = []
    for offset in range(3):
        text = b64encode(b" " * offset + data).decode()
        # Cut what the unknown bytes before and after take part in.
        end = (None, -3, -2)[(len(data) + offset) % 3]
        known = text[(0, 2, 3)[offset] : end]
        if not known:
            raise ModifierError("base64offset needs at least two bytes of text")
        found.append(normal([known]))
    return found


def settle(value: Encoded) -> Pattern:
    """The pattern itself; bytes only where they are text (ASCII with NULs between)."""
    if not isinstance(value, bytes):
        return value
    try:
        return normal([value.decode("utf-8")])
    except UnicodeDecodeError:
        raise ModifierError("these UTF-16 bytes are not text: add base64offset") from None


def _pattern(value: Encoded, modifier: str) -> Pattern:
    if isinstance(value, bytes):
        raise ModifierError(f"{modifier} cannot follow a UTF-16 modifier")
    return value


def _literal(value: Encoded, modifier: str) -> str:
    text = literal(_pattern(value, modifier))
    if text is None:
        raise ModifierError(f"{modifier} does not allow wildcards; escape them: \\* \\?")
    return text


def _bytes(value: Encoded, modifier: str) -> bytes:
    return value if isinstance(value, bytes) else _literal(value, modifier).encode()
