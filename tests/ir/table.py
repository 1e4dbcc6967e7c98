"""The meaning of detections as a table of cases: one file per row of the contract.

A file is a list of `{name, detection, event, match}` or, for what has no meaning,
`{name, detection, refused: TOC###}`. An event is a map, or JSON text where YAML could not say it.
`placeholders: {name: [value, …]}` serve `expand`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tocsin.diagnostics import Diagnostic
from tocsin.front.selection import Lowering
from tocsin.front.yaml import Document, read_file
from tocsin.ir.nodes import Expr

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """One case of the table; `match` is None where the detection must be refused with `refused`."""

    name: str
    document: Document
    number: int
    event: dict[str, Any]
    match: bool | None
    refused: str
    placeholders: Mapping[str, tuple[str, ...]]

    def lower(self) -> tuple[Expr, list[Diagnostic]]:
        """The detection's expression by the real front, and its findings."""
        lowering = Lowering(self.document, (self.number, "detection"), self.placeholders)
        return lowering.block(self.document.value[self.number]["detection"]), lowering.diagnostics


def rows() -> Iterator[Row]:
    """All cases of all files."""
    for path in sorted(FOLDER.glob("*.yml")):
        [document], wrong = read_file(path)
        assert wrong == [], wrong
        for number, case in enumerate(document.value):
            yield _row(path.stem, document, number, case)


def _row(stem: str, document: Document, number: int, case: dict[str, Any]) -> Row:
    allowed = {"name", "detection", "event", "match", "refused", "placeholders"}
    assert set(case) <= allowed, f"{stem}: {set(case) - allowed}"
    assert ("match" in case) != ("refused" in case), f"{stem}: {case['name']}"
    given = case.get("event", {})
    event = orjson.loads(given) if isinstance(given, str) else given
    lists = {name: tuple(values) for name, values in case.get("placeholders", {}).items()}
    name = f"{stem}: {case['name']}"
    match, refused = case.get("match"), case.get("refused", "")
    return Row(name, document, number, event, match, refused, lists)
