"""Every bad input ends with its exit code and a message that helps; nothing is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bad_inputs.page import copied, row
from bad_inputs.run import Bad, run
from bad_inputs.table import TABLE

PAGE = Path(__file__).parents[2] / "docs" / "bad-inputs.md"
ROWS = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
ROWS = [line for line in ROWS if not line.startswith("| what | command |")]
LIMIT = 240
"""Characters of a line on a terminal that is still read."""


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.what)
def test_a_bad_input_is_answered(bad: Bad, tmp_path: Path) -> None:
    ended = run(bad, tmp_path, copied)
    assert "Traceback" not in ended.said
    assert "a bug in Tocsin" not in ended.said
    assert ended.code == bad.code, ended.said
    assert [part for part in bad.says if part not in ended.said] == [], ended.said
    assert max(map(len, ended.stderr.splitlines()), default=0) <= LIMIT + len(str(tmp_path))
    assert ended.kept or bad.changes, "releases or what is deployed changed"
    assert row(bad, ended, tmp_path) in ROWS, "run `make docs`"


def test_every_line_is_there_once() -> None:
    names = [bad.what for bad in TABLE]
    assert len(names) == len(set(names))
    assert len(names) >= 34
    assert [line.split(" | ")[0] for line in ROWS] == [f"| {name}" for name in names]
