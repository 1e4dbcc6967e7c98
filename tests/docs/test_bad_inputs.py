"""Every bad input ends with its exit code and a message that helps; nothing is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bad_inputs.page import copied
from bad_inputs.run import Bad, run
from bad_inputs.table import TABLE

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


def test_every_line_is_there_once() -> None:
    names = [bad.what for bad in TABLE]
    assert len(names) == len(set(names))
    assert len(names) >= 34
