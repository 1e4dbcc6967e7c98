"""Tables: columns where they fit, lines of whole cells where they do not, never a cut cell."""

from __future__ import annotations

import re

import pytest

from tocsin.cli import table
from tocsin.cli.groups import styled

ROWS = [("2026-01-01", "ev.jsonl:1", "low", "", "a"), ("", "ev.jsonl:22", "high", "k=v", "é日本")]


def printed(capsys: pytest.CaptureFixture[str], columns: int, rows: list[tuple[str, ...]]) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "_columns", lambda **_: columns)
        table.print_table(("time", "event", "level", "group", "rule"), rows)
    return capsys.readouterr().out


def test_columns_are_as_wide_as_their_cells(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, 80, ROWS).splitlines() == [
        "time        event        level  group  rule",
        "2026-01-01  ev.jsonl:1   low           a",
        "            ev.jsonl:22  high   k=v    é日本",
    ]


def test_rows_that_do_not_fit_are_folded_between_cells(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, 25, [*ROWS, ("x" * 40, "y", "", "", "")]).splitlines() == [
        "time  event  level  group",
        "    rule",
        "2026-01-01  ev.jsonl:1",
        "    low  a",
        "ev.jsonl:22  high  k=v",
        "    é日本",
        "x" * 40,
        "    y",
    ]


def test_styles_take_no_room(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(styled("high", fg="red"), "b"), ("low", "c")]
    table.print_table(("level", "x"), rows)
    text = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert text == "level  x\nhigh   b\nlow    c\n"


def test_many_lines_come_in_portions(capsys: pytest.CaptureFixture[str]) -> None:
    table.print_lines(map(str, range(2500)))
    assert capsys.readouterr().out == "".join(f"{n}\n" for n in range(2500))
