"""References in settings: the value is used, but only the reference is shown."""

from __future__ import annotations

import json
import os
import re
from typing import Final, NoReturn, TextIO
from urllib.parse import urlsplit

KINDS = ("env", "file")
"""Of references: `env:NAME`, `file:PATH`."""

FOLDER = "/run/secrets"
"""Where files of secrets lie, unless the variable TOCSIN_SECRETS lists other folders."""

_SHORTEST = 4
"""Characters of a value that is told apart from ordinary text."""

_shown: dict[str, str] = {}


class Secret:
    """A resolved value. As text, also in errors and logs, it is its reference."""

    __slots__ = ("_value", "reference")

    def __init__(self, value: str, reference: str) -> None:
        self._value: Final = value
        self.reference: Final = reference

    def reveal(self) -> str:
        """The value, for a client; from now on what it is in is scrubbed before it is shown."""
        if self._value != self.reference:
            _shown.update(dict.fromkeys(_forms(self._value), self.reference))
        return self._value

    def __str__(self) -> str:
        return self.reference

    def __repr__(self) -> str:
        return f"Secret({self.reference!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret must not be written in the file")


def is_reference(given: str) -> bool:
    """Whether a setting is a reference."""
    return given.partition(":")[0] in KINDS and ":" in given


def secret_folders() -> list[str]:
    """Folders that `file:` may refer into: whoever writes settings chooses no other file."""
    listed = os.environ.get("TOCSIN_SECRETS", FOLDER).split(os.pathsep)
    return [each for each in listed if each.startswith("/")]


def scrub(text: str) -> str:
    """The text with every value that was revealed replaced by its reference."""
    if not _shown:
        return text
    longest_first = sorted(_shown, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda hit: _shown[hit[0]], text)


def guard(stream: TextIO) -> None:
    """Scrub all that is written to a stream from now on: clients say what they were given."""
    plain = stream.write

    def write(text: str) -> int:
        plain(scrub(text))
        return len(text)

    stream.write = write  # type: ignore[method-assign] # of this one stream


def _forms(value: str) -> set[str]:
    """The value as clients show it: whole, one of a list, a URL's host and password, in JSON."""
    found = {value, *(each.strip() for each in value.split(","))}
    for each in tuple(found):
        try:
            parts = urlsplit(each)
            found |= {parts.netloc, parts.netloc.rpartition("@")[2], parts.password or ""}
        except ValueError:  # no URL
            continue
    found |= {json.dumps(each)[1:-1] for each in found} | {repr(each)[1:-1] for each in found}
    return {each for each in found if len(each) >= _SHORTEST}
