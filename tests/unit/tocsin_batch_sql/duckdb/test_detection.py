"""The part of a deployed statement that reads the source's own relation."""

from __future__ import annotations

import pytest

from tocsin_batch_sql.duckdb.detection import of_those_that_fit

FIRST = 'SELECT\n  1 AS "a\nUNION ALL\n"\nWHERE\n  "b" = \'\nUNION ALL\n\'\n'


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        (f"{FIRST}\nUNION ALL\nSELECT 2\nUNION ALL\nSELECT 3", FIRST),
        ("SELECT 1\nUNION ALL\nSELECT 2", "SELECT 1"),
        (FIRST, FIRST),
        ("", ""),
    ],
)
def test_it_ends_before_the_first_operator(statement: str, first: str) -> None:
    assert of_those_that_fit(statement) == first
