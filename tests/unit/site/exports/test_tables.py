"""Tables: text of strangers stays text, and what is not recorded says so."""

from __future__ import annotations

import csv

import pytest

from small_history import FORMULA, ODD, PLAIN, small_history
from tocsin.site.exports.table import CsvTable, cell
from tocsin.site.exports.tables import tables
from tocsin.site.history.model import Period


def _read(table: CsvTable) -> list[dict[str, str]]:
    return list(csv.DictReader(table.csv().decode("utf-8-sig").splitlines()))


def _tables(period: Period | None = None) -> dict[str, list[dict[str, str]]]:
    history = small_history(period) if period else small_history()
    return {table.name: _read(table) for table in tables(history)}


def test_nine_tables() -> None:
    found = _tables()
    assert {name: len(rows) for name, rows in found.items()} == {
        "detections": 2,
        "techniques": 1,
        "releases": 3,
        "changes": 4,
        "approvals": 3,
        "tests": 3,
        "exceptions": 1,
        "attempts": 1,
        "controls": 4,
    }


@pytest.mark.parametrize(
    "text",
    [FORMULA, "+1", "-1", "@SUM(1)", "\t=1", " =1", "\r=1", "a;=1", "a; -1", "\uff1d1", "\u202e=1"],
)
def test_no_cell_is_a_formula(text: str) -> None:
    [row] = _read(CsvTable("t", ["a"], [{"a": text}]))
    shown = row["a"]
    assert all(part.strip()[:1] not in tuple("=+-@\uff1d\t\r") for part in shown.split(";"))
    assert shown.isprintable()


def test_values_as_text() -> None:
    assert [cell(v) for v in (None, True, False, 3, -3, "")] == [
        "no record",
        "yes",
        "no",
        "3",
        "-3",
        "",
    ]
    assert cell(["a", None]) == "a; no record"
    assert cell({"changed": 2}) == "changed: 2"


def test_what_is_not_recorded_says_so() -> None:
    found = _tables()
    odd = next(row for row in found["detections"] if row["id"] == ODD)
    assert (odd["fired"], odd["logsource"]) == ("no record", "no record")
    assert [row["verdict"] for row in found["tests"] if row["detection"] == ODD] == ["no record"]
    claimed = [row for row in found["approvals"] if row["kind"] == "claimed"]
    assert {row["signature"] for row in claimed} == {"no record"}
    assert found["releases"][0]["wrote"] == "no record"


def test_a_period_has_what_happened_in_it() -> None:
    found = _tables(Period("2026-02-01T00:00:00+00:00", "2026-02-28T23:59:59+00:00"))
    assert [row["number"] for row in found["releases"]] == ["2"]
    assert [row["detection"] for row in found["changes"]] == [PLAIN]
    assert found["exceptions"] == []


def test_whose_mapping_is_in_the_table_of_controls() -> None:
    [mapped] = [row for row in _tables()["controls"] if row["mapping"]]
    assert (mapped["whose"], mapped["score"]) == ("MITRE: NIST 800-53 rev5", "significant")
