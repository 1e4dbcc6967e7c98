"""What a backend says of cases that it refuses: one table in its own package, held strictly.

`conformance.yml` beside the backend's module: under the backend's name a list of
`{cases, mark, reason}`. `cases` is a row (`L10`), or a pattern of ids of cases (`E6/*-member`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from tocsin.backend.base import Backend, Support
from tocsin.errors import ConfigError
from tocsin.front.yaml import read_bytes

FILE = "conformance.yml"


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Mark(BaseModel):
    """Cases that are refused, how (`notimpl`, `notyet`, `never`), and why in a few words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: Annotated[list[str], BeforeValidator(_listed), Field(min_length=1)]
    mark: Literal["notimpl", "notyet", "never"]
    reason: Annotated[str, Field(min_length=1)]

    @property
    def support(self) -> Support:
        """The mark."""
        return Support(self.mark)

    def covers(self, case: str) -> bool:
        """Whether it says something of a case, by id."""
        return any(_covers(pattern, case) for pattern in self.cases)


def _covers(pattern: str, case: str) -> bool:
    return fnmatchcase(case if "/" in pattern else case.split("/", maxsplit=1)[0], pattern)


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one backend; the first that covers a case counts."""

    marks: tuple[Mark, ...] = ()

    def of(self, case: str) -> Mark | None:
        """The mark of a case, or of a row that has no cases, by id."""
        return next((mark for mark in self.marks if mark.covers(case)), None)

    def stale(self, cases: Iterable[str], rows: Iterable[str]) -> list[str]:
        """Patterns that say nothing: no case or row is covered by them."""
        known = [*cases, *rows]
        patterns = [pattern for mark in self.marks for pattern in mark.cases]
        return [p for p in patterns if not any(_covers(p, each) for each in known)]


def marks_of(backend: Backend) -> Marks:
    """The marks that the backend's package declares; none where it has no file."""
    module = sys.modules.get(type(backend).__module__)
    package = module.__package__ if module else ""
    if not package:
        return Marks()
    found = files(package).joinpath(FILE)
    return read_marks(found.read_bytes(), backend.name) if found.is_file() else Marks()


_TABLE = TypeAdapter(dict[str, list[Mark]])


def read_marks(data: bytes, backend: str) -> Marks:
    """The marks of a backend in a file; ConfigError for a file that is not one."""
    documents, wrong = read_bytes(data, FILE)
    if wrong:
        line = wrong[0].span.line
        message = f"{FILE}:{line}: {wrong[0].message}"
        raise ConfigError(message, hint=wrong[0].hint, file=FILE, line=line)
    try:
        table = _TABLE.validate_python(documents[0].value if documents else {})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{FILE}: {place}: {first['msg']}", file=FILE) from None
    return Marks(tuple(table.get(backend, ())))
