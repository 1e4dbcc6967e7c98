"""The patterns of `re2java` as trees: every expression for one character is a class of ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.ir.codepoints import Range, complement
from tocsin.ir.re2java import ANY, WORD_EDGE, java_class

EDGES = (r"\A", r"\z", r"(?:\A|(?<=\n))", r"(?=\n|\z)", WORD_EDGE)
_REPEAT = re.compile(r"([*+?]|\{([0-9]+)(,([0-9]*))?\})\??")
_BOUNDS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


@dataclass(frozen=True, slots=True)
class Chars:
    """One code point of these."""

    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between two characters, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """One after the other."""

    parts: tuple[RegexNode, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of them."""

    parts: tuple[RegexNode, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """At least and at most so often; None is without end."""

    part: RegexNode
    least: int
    most: int | None


RegexNode = Chars | Edge | Run | Either | Repeat


def parsed(pattern: str) -> RegexNode:
    """The tree of a pattern of `re2java`."""
    return _Reader(pattern).either()


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0

    def _takes(self, expected: str) -> bool:
        there = self.text.startswith(expected, self.at)
        self.at += len(expected) if there else 0
        return there

    def either(self) -> RegexNode:
        parts = [self._run()]
        while self._takes("|"):
            parts.append(self._run())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _run(self) -> RegexNode:
        parts: list[RegexNode] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._repeated(self._one()))
        return parts[0] if len(parts) == 1 else Run(tuple(parts))

    def _one(self) -> RegexNode:
        for edge in EDGES:
            if self._takes(edge):
                return Edge(edge)
        if self._takes("(?s:.)"):
            return Chars(ANY)
        if self._takes("(?!)"):
            return Chars(())
        if self._takes("(?:"):
            inner = self.either()
            self._takes(")")
            return inner
        if self._takes("["):
            return Chars(self._ranges())
        code = self._code()
        return Chars(((code, code),))

    def _ranges(self) -> tuple[Range, ...]:
        others = self._takes("^")
        found: list[Range] = []
        while not self._takes("]"):
            first = self._code()
            found.append((first, self._code() if self._takes("-") else first))
        return complement(tuple(found)) if others else tuple(found)

    def _code(self) -> int:
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return ord(char)
        if self._takes("x{"):
            digits, _, _ = self.text[self.at :].partition("}")
            self.at += len(digits) + 1
            return int(digits, 16)
        self.at += 1
        escaped = self.text[self.at - 1]
        return ord({"n": "\n", "t": "\t", "r": "\r"}.get(escaped, escaped))

    def _repeated(self, part: RegexNode) -> RegexNode:
        while found := _REPEAT.match(self.text, self.at):
            self.at = found.end()
            part = Repeat(part, *_bounds(found))
        return part


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    if found[1] in _BOUNDS:
        return _BOUNDS[found[1]]
    least = int(found[2])
    return least, (int(found[4]) if found[4] else None) if found[3] else least


def printed(node: RegexNode) -> str:
    """The pattern of a tree."""
    match node:
        case Chars(ranges):
            return java_class(ranges)
        case Edge(text):
            return text
        case Run(parts):
            return "".join(map(printed, parts))
        case Either(parts):
            return f"(?:{'|'.join(map(printed, parts))})"
        case Repeat(part, least, most):
            inner = printed(part)
            whole = inner if isinstance(part, Chars | Either) else f"(?:{inner})"
            return f"{whole}{{{least},{'' if most is None else most}}}"
