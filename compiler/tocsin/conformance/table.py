"""The table of cases, read from the files of `rows/`: one file per row of the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tocsin.conformance.case import ContractCase, ContractRow
from tocsin.errors import ConfigError
from tocsin.front.block import milliseconds
from tocsin.front.yaml import YamlDocument, read_bytes
from tocsin.model.detection import CaseEvent

FORMS = ("detection", "rules", "file")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expected(_Strict):
    """What the events of a case must give; `groups` go along with `events`."""

    events: list[Annotated[int, Field(ge=0)]] | None = None
    groups: list[list[str]] | None = None
    alerts: list[str] | None = None


class Made(_Strict):
    """A long list: `text` with `#` replaced by 0, 1, … `count` - 1."""

    count: Annotated[int, Field(gt=0)]
    text: str


class ContractCaseBlock(_Strict):
    """A case as written; `event` and `match` are short for one event."""

    name: Annotated[str, Field(min_length=1)]
    detection: Any = None
    rules: list[dict[str, Any]] | None = None
    file: str | None = None
    event: dict[str, Any] | str | None = None
    match: bool | None = None
    events: list[dict[str, Any]] = Field(default_factory=list)
    expect: Expected | None = None
    of: str = ""
    refused: Annotated[str, Field(pattern=r"^(TOC\d{3})?$")] = ""
    warned: Annotated[str, Field(pattern=r"^(TOC\d{3})?$")] = ""
    lateness: str = "1h"
    unit: Literal["", "s", "ms", "us", "ns"] = ""
    tags: list[str] = Field(default_factory=list)
    placeholders: dict[str, list[str] | Made] = Field(default_factory=dict)


class RowBlock(_Strict):
    """A file of the table."""

    title: str
    cases: list[ContractCaseBlock] = Field(default_factory=list)


@cache
def rows() -> tuple[ContractRow, ...]:
    """All rows, sorted as the contract is: E, L, S and C with their numbers."""
    folder = files("tocsin.conformance").joinpath("rows")
    paths = sorted((p for p in folder.iterdir() if p.name.endswith(".yml")), key=_order)
    return tuple(read_row(path.name, path.read_bytes()) for path in paths)


def cases(pattern: str = "") -> Iterator[ContractCase]:
    """All cases, or those of one row."""
    for row in rows():
        if pattern in ("", row.id):
            yield from row.cases


def case_ids() -> list[str]:
    """Ids of all cases that reach a backend."""
    return [case.id for case in cases() if not case.refused]


def tagged(tag: str) -> list[ContractCase]:
    """The cases that bear a tag."""
    return [case for case in cases() if tag in case.tags]


def _order(path: Any) -> tuple[int, int]:
    found = re.fullmatch(r"([A-Z])(\d+)\.yml", path.name)
    if not found:
        raise ConfigError(f"the table has no row {path.name}")
    return "ELSC".index(found[1]), int(found[2])


def read_row(name: str, data: bytes) -> ContractRow:
    """The row of a file; ConfigError for a file that is not one."""
    documents, wrong = read_bytes(data, name)
    if wrong or len(documents) != 1:
        said = f"{wrong[0].span.line}: {wrong[0].message}" if wrong else "not one document"
        raise ConfigError(f"{name} is not a table of cases: {said}")
    document = documents[0]
    try:
        block = RowBlock.model_validate(document.value)
    except ValidationError as error:
        raise ConfigError(f"{name} is not a table of cases: {error}") from None
    row = name.removesuffix(".yml")
    made = tuple(_case(row, document, n, each) for n, each in enumerate(block.cases))
    return ContractRow(row, block.title, made)


def _case(row: str, document: YamlDocument, number: int, block: ContractCaseBlock) -> ContractCase:
    forms = [form for form in FORMS if form in document.value["cases"][number]]
    outcomes = (block.match is not None, block.expect is not None, bool(block.refused))
    if len(forms) != 1 or sum(outcomes) != 1:
        raise ConfigError(f"{row}: {block.name}: one of {FORMS}, one of match, expect, refused")
    expect = block.expect or Expected()
    numbers = (0,) if block.match else tuple(expect.events or ())
    groups = None if expect.groups is None else tuple(map(tuple, expect.groups))
    return ContractCase(
        row,
        block.name,
        document,
        ("cases", number, forms[0]),
        tuple(_events(block)),
        numbers,
        groups,
        None if expect.alerts is None else tuple(expect.alerts),
        block.of,
        block.refused,
        block.warned,
        block.lateness,
        block.unit,
        tuple(block.tags),
        {name: tuple(_values(given)) for name, given in block.placeholders.items()},
    )


def _events(block: ContractCaseBlock) -> Iterator[CaseEvent]:
    """`event` is a map, or JSON text where YAML could not say it; a list has times as in cases."""
    if block.event is not None or block.match is not None:
        given = {} if block.event is None else block.event
        yield CaseEvent(0, 0, orjson.loads(given) if isinstance(given, str) else given)
    for event in block.events:
        at = milliseconds(event.get("at", "0s"))
        body: Any = {key: value for key, value in event.items() if key not in ("at", "arrives")}
        if set(body) == {"event"}:
            body = body["event"]
        if isinstance(body, str):
            body = orjson.loads(body)
        yield CaseEvent(at, milliseconds(event["arrives"]) if "arrives" in event else at, body)


def _values(given: list[str] | Made) -> Iterable[str]:
    if isinstance(given, Made):
        return (given.text.replace("#", str(n)) for n in range(given.count))
    return given
