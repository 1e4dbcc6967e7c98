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


def load(text: str, name: str, hint: str = "") -> dict[str, Any]:
    """The values of a file. Raises ConfigError with the place where it is not TOML."""
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


def _end(text: str) -> tuple[int, int]:
    lines = text.splitlines() or [""]
    return len(lines), len(lines[-1]) + 1


def _plain(said: str) -> str:
    return said[:1].lower() + said[1:]
