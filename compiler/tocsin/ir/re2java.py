r"""RE2 syntax as a Java regular expression that finds a match in just the same texts.

Every expression for one character (a letter, a class, `\pL`, `.`) becomes a class of the very code
points that RE2 says it matches, so neither engine's Unicode tables, flags nor case folding matter.
Only "found or not" is kept: groups do not capture, laziness is dropped where Java lacks it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

import re2

from tocsin.errors import Unsupported
from tocsin.ir.codepoints import LAST, Range, complement, matched_by, without

WORD = "[0-9A-Za-z_]"
WORD_EDGE = f"(?:(?<={WORD})(?!{WORD})|(?<!{WORD})(?={WORD}))"
ANY: tuple[Range, ...] = ((0, LAST),)
NO_BREAK = without(ANY, ord("\n"))
BYTES = (r"\B", r"\C")
"""What may hold inside a character of several bytes."""
NAMED_GROUP = re.compile(r"\(\?P?<\w+>")
FLAG_GROUP = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
REPEAT = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??")
ESCAPE = re.compile(
    r"\\(?:x\{[0-9A-Fa-f]+\}|x[0-9A-Fa-f]{2}|[pP]\{[^}]*\}|[pP].|[0-7]{1,3}|.)", re.DOTALL
)
CLASS = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.DOTALL)


@lru_cache(maxsize=4096)
def re2java(pattern: str, flags: str = "") -> str:
    """The Java pattern for `Matcher.find`. Raises Unsupported for what has no exact equivalent."""
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as no:
        raise Unsupported("Regex", "invalid", str(no)) from no
    return _Reader(pattern, [_Flags().switched(flags, "")]).translated()


@dataclass(frozen=True, slots=True)
class _Flags:
    """What `i`, `m`, `s` say at a place of the pattern; `U` makes no difference here."""

    on: frozenset[str] = frozenset()

    def switched(self, on: str, off: str) -> _Flags:
        return replace(self, on=self.on - set(off) | set(on) if on else self.on - set(off))


@dataclass(slots=True)
class _Reader:
    """Reads from left to right; `scopes` holds the flags of the groups that are open."""

    text: str
    scopes: list[_Flags]
    at: int = 0
    made: list[str] = field(default_factory=list)

    def translated(self) -> str:
        while self.at < len(self.text):
            self.made.append(self._next())
        return "".join(self.made) or "(?:)"

    def _next(self) -> str:
        char = self.text[self.at]
        if char == "(":
            return self._group()
        if repeat := REPEAT.match(self.text, self.at):
            return self._take(repeat[0])
        if char == ")":
            self.scopes.pop()
        if char in "|)":
            return self._take(char)
        if char in "^$":
            return self._line_edge(self._take(char))
        if char == "\\":
            return self._escape()
        return self._one(self._atom())

    def _take(self, text: str) -> str:
        self.at += len(text)
        return text

    def _has(self, flag: str) -> bool:
        return flag in self.scopes[-1].on

    def _atom(self) -> str:
        """The RE2 text of a class, a dot or a plain character."""
        if self.text[self.at] == "[":
            found = CLASS.match(self.text, self.at)
            if found is None:
                raise Unsupported("Regex", "re2-syntax", self.text)
            return self._take(found[0])
        return self._take(self.text[self.at])

    def _one(self, atom: str) -> str:
        """One character."""
        if atom == ".":
            return java_class(ANY if self._has("s") else NO_BREAK)
        plain = atom if len(atom) > 1 else re.escape(atom)
        return java_class(matched_by(plain, ignore_case=self._has("i")))

    def _line_edge(self, edge: str) -> str:
        if not self._has("m"):
            return r"\A" if edge == "^" else r"\z"
        return r"(?:\A|(?<=\n))" if edge == "^" else r"(?=\n|\z)"

    def _escape(self) -> str:
        if self.text.startswith(r"\Q", self.at):
            quoted, _, _ = self.text[self.at + 2 :].partition(r"\E")
            self._take(r"\Q" + quoted + r"\E")
            return "".join(self._one(char) if char != "." else r"\." for char in quoted)
        found = ESCAPE.match(self.text, self.at)
        escape = self._take(found[0] if found else "\\")
        if escape == r"\E":
            return ""
        if escape in BYTES:
            raise Unsupported("Regex", "re2-syntax", f"{escape} looks at bytes in RE2")
        if escape in (r"\A", r"\z"):
            return escape
        return WORD_EDGE if escape == r"\b" else self._one(escape)

    def _group(self) -> str:
        named = NAMED_GROUP.match(self.text, self.at)
        switch = FLAG_GROUP.match(self.text, self.at)
        here = self.scopes[-1]
        if switch is None:
            self._take(named[0] if named else "(")
            self.scopes.append(here)
            return "(?:"
        self._take(switch[0])
        flags = here.switched(switch[1], switch[2] or "")
        if switch[3] == ":":
            self.scopes.append(flags)
            return "(?:"
        if REPEAT.match(self.text, self.at):
            raise Unsupported("Regex", "re2-syntax", "a repetition of flags")
        self.scopes[-1] = flags
        return ""


def java_literal(text: str) -> str:
    """A Java pattern for just this text."""
    return "".join(_char(ord(char)) for char in text)


def java_class(ranges: tuple[Range, ...]) -> str:
    """A Java class of just these code points, in its shorter form."""
    if ranges == ANY:
        return "(?s:.)"
    if not ranges:
        return "(?!)"
    others = complement(ranges)
    if len(others) < len(ranges):
        return f"[^{''.join(map(_range, others))}]"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _char(ranges[0][0])
    return f"[{''.join(map(_range, ranges))}]"


def _range(bounds: Range) -> str:
    low, high = bounds
    if low == high:
        return _char(low)
    return _char(low) + ("-" if high - low > 1 else "") + _char(high)


def _char(code: int) -> str:
    char = chr(code)
    if char.isascii() and char.isprintable():
        return char if char.isalnum() or char in " _" else "\\" + char
    return {"\n": r"\n", "\t": r"\t", "\r": r"\r"}.get(char, f"\\x{{{code:x}}}")
