"""TOML files of a user, with the places of what is wrong in them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from tocsin.errors import ConfigError

KeyPath = tuple[str | int, ...]
_TABLE = re.compile(r"[ \t]*(\[\[?)([^\]\n]*)\]")
_KEY = re.compile(r"[ \t]*((?:\"[^\"\n]*\"|'[^'\n]*'|[\w. \t-])+?)[ \t]*=")
_PART = re.compile(r"\"[^\"]*\"|'[^']*'|[^.\s]+")
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_ENDLESS = re.compile(r"(?<![\w\"'])[+-]?[0-9][0-9_]{4299,}")
_TOO_LARGE = "not valid TOML: the number has more than 64 bits"
_LIMIT = 1 << 63


def load(text: str, name: str, hint: str = "") -> dict[str, Any]:
    """The values of a file. Raises ConfigError with the place where it is not TOML.

    Integers have 64 bits at most, as TOML promises: Python cannot print those of a few thousand
    digits.
    """
    values = _loaded(text, name, hint)
    for where in _too_large(values):
        raise wrong(_TOO_LARGE, name, place(text, where), hint)
    return values


def _loaded(text: str, name: str, hint: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        message = f"{name} is not valid TOML: it is nested too deeply"
        raise ConfigError(message, hint=hint, file=name) from None
    except tomllib.TOMLDecodeError as error:
        said, at = str(error), _AT.search(str(error))
        line, column = _end(text)
        if at:
            said = said[: at.start()]
            line, column = (int(at[1]), int(at[2])) if at[1] else (line, column)
        raise wrong(f"not valid TOML: {_plain(said)}", name, (line, column), hint) from None
    except ValueError:  # so many digits that Python does not read them
        found = _ENDLESS.search(text)
        begin = _at(text, found.start()) if found else (0, 0)
        raise wrong(_TOO_LARGE, name, begin, hint) from None


def _too_large(value: Any, where: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(value, int) and not -_LIMIT <= value < _LIMIT:
        yield where
    elif isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _too_large(below, (*where, key))


def wrong(message: str, name: str, at: tuple[int, int], hint: str = "") -> ConfigError:
    """The error at this place of a file; (0, 0) where the place is not known."""
    line, column = at
    place = f"{name}:{line}:{column}" if line else name
    return ConfigError(f"{place}: {message}", hint=hint, file=name, line=line, column=column)


def place(text: str, where: Sequence[str | int]) -> tuple[int, int]:
    """Line and column of a key, or of the table nearest to it; (0, 0) if neither is found."""
    best, found = 0, (0, 0)
    for path, at in _keys(text):
        if len(path) > best and path == tuple(where[: len(path)]):
            best, found = len(path), at
    return found


def _keys(text: str) -> Iterator[tuple[KeyPath, tuple[int, int]]]:
    """Each table and key with its place."""
    table: KeyPath = ()
    count: dict[KeyPath, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        at = (number, len(line) - len(line.lstrip()) + 1)
        if header := _TABLE.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                count[table] = count.get(table, -1) + 1
                table = (*table, count[table])
            yield table, at
        elif key := _KEY.match(line):
            yield (*table, *_parts(key[1])), at


def _parts(text: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in _PART.findall(text))


def _at(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _end(text: str) -> tuple[int, int]:
    lines = text.splitlines() or [""]
    return len(lines), len(lines[-1]) + 1


def _plain(said: str) -> str:
    return said[:1].lower() + said[1:]
