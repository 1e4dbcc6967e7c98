"""Mappings of controls to techniques: `mappings/<name>.yml`, and beside it `<name>.csv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tocsin import gate
from tocsin.diagnostics import Diagnostic, Span
from tocsin.front.block import findings
from tocsin.front.yaml import read_bytes, unread
from tocsin.model.attack import is_technique_id
from tocsin.model.control_mapping import ControlMapping, MappingLine

FOLDER = "mappings"
MAX_BYTES = 8 * gate.MIB
_CODE = "TOC064"
_LONGEST = 200
_MOST_LINES = 200_000
_MOST_FINDINGS = 20
_COLUMNS = ("control", "technique")
_MORE = ("mapping_type", "score_category", "score_value")


class MappingBlock(BaseModel):
    """The YAML file: whose it is, of which version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    catalogue: str = Field(min_length=1, max_length=_LONGEST, pattern=r"^[^\s:]+$")
    version: str = Field(default="", max_length=_LONGEST)
    title: str = Field(default="", max_length=_LONGEST)
    by: str = Field(min_length=1, max_length=_LONGEST)
    licence: str = Field(min_length=1, max_length=_LONGEST)
    attack: str = Field(min_length=1, max_length=_LONGEST)
    controls: dict[str, str] = Field(default_factory=dict)
    groups: dict[str, str] = Field(default_factory=dict)


def check_mappings(folder: Path) -> list[Diagnostic]:
    """All that is wrong with the mappings of a folder, each of which is read."""
    paths, refused = gate.files(folder, (".yml", ".yaml"), deep=False)
    wrong = [unread(each) for each in refused]
    for path in paths:
        table = path.with_suffix(".csv")
        try:
            block, lines = gate.read(path, MAX_BYTES), gate.read(table, MAX_BYTES)
        except gate.UnreadError as error:
            wrong.append(unread(error))
        else:
            wrong += parse_mapping(block, lines, str(path))[1]
    return wrong


def parse_mapping(
    block: bytes, table: bytes, name: str
) -> tuple[ControlMapping | None, list[Diagnostic]]:
    """The mapping in the bytes of both files, or what is wrong with them."""
    documents, wrong = read_bytes(block, name)
    if wrong or not documents:
        return None, wrong or [Diagnostic(_CODE, "the file is empty", Span(name))]
    try:
        given = MappingBlock.model_validate(documents[0].value)
    except ValidationError as error:
        return None, findings(error, documents[0], (), _CODE, MappingBlock)
    beside = str(Path(name).with_suffix(".csv"))
    try:
        rows = list(csv.reader(table.decode("utf-8-sig").splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        return None, [Diagnostic(_CODE, f"not a table: {error}", Span(beside))]
    wrong = [*_wrong(rows, beside)][:_MOST_FINDINGS]
    if wrong:
        return None, wrong
    return ControlMapping(**given.model_dump(), lines=tuple(_lines(rows))), []


def _lines(rows: list[list[str]]) -> Iterator[MappingLine]:
    places = {name: n for n, name in enumerate(rows[0])}
    for row in rows[1:]:
        told = [row[places[name]].strip() if name in places else "" for name in (*_COLUMNS, *_MORE)]
        control, technique, kind, category, value = told
        score = " ".join(filter(None, (category, value)))
        yield MappingLine(control, technique.upper(), kind, score)


def _wrong(rows: list[list[str]], name: str) -> Iterator[Diagnostic]:
    """What is wrong with a table whose first row names the columns."""
    heads = rows[0] if rows else []
    if missing := [each for each in _COLUMNS if each not in heads]:
        message = f"the table has no column {missing[0]!r}"
        hint = f"the first line names the columns: {','.join((*_COLUMNS, *_MORE))}"
        yield Diagnostic(_CODE, message, Span(name, 1), hint=hint)
        return
    if len(rows) > _MOST_LINES:
        yield Diagnostic(_CODE, f"the table has over {_MOST_LINES} lines", Span(name))
        return
    at = heads.index("technique")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(heads):
            message = f"line {number} has {len(row)} values, the first line names {len(heads)}"
        elif not is_technique_id(row[at].strip()):
            message = f"not the id of a technique: {row[at][:40]!r}"
        elif any(len(each) > _LONGEST or not each.isprintable() for each in row):
            message = f"a value is longer than {_LONGEST} characters, or not plain text"
        elif not row[heads.index("control")].strip():
            message = "no control is named"
        else:
            continue
        yield Diagnostic(_CODE, message, Span(name, number))
