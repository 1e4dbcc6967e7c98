"""A table as CSV, for spreadsheets: text stays text, and nothing is left out in silence."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from tocsin.escape import spreadsheet

NO_RECORD = "no record"


@dataclass(frozen=True, slots=True)
class CsvTable:
    """Rows with these columns, in their order; keys of a row that are no column are not shown."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Mapping[str, Any]]

    def csv(self) -> bytes:
        """The bytes of a file: UTF-8 with the mark that spreadsheets look for, all cells quoted."""
        text = StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        writer.writerow(self.columns)
        writer.writerows([cell(row[name]) for name in self.columns] for row in self.rows)
        return text.getvalue().encode("utf-8-sig", "replace")


def cell(value: Any) -> str:
    """One value as text; what is not recorded says so."""
    if value is None:
        return NO_RECORD
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = [f"{name}: {cell(each)}" for name, each in value.items()]
    if isinstance(value, list | tuple):
        return spreadsheet("; ".join(map(cell, value)))
    return spreadsheet(value) if isinstance(value, str) else str(value)
