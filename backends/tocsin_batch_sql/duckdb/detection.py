"""One readable statement per detection, and the definition of what it reads."""

from __future__ import annotations

import re

from tocsin.ir.query import Query
from tocsin.model.source import Source
from tocsin_batch_sql.common.detection import selection
from tocsin_batch_sql.common.misfits import beside
from tocsin_batch_sql.duckdb.dialect import duckdb
from tocsin_batch_sql.duckdb.macros import MACROS
from tocsin_batch_sql.duckdb.printer import printed
from tocsin_batch_sql.duckdb.tables import views


def statement(query: Query) -> str:
    """The detection's SELECT for DuckDB. Raises Unsupported before any text is made."""
    return printed(selection(query, duckdb(query.source)))


_OPERATOR = "\nUNION ALL\n"
_QUOTED = re.compile(rf"""'[^']*'|"[^"]*"|{_OPERATOR}""")
"""The operator between the SELECTs of a statement, or what is quoted and therefore text.

One repeated group for all before it would be shorter: Python 3.11.2 matches too much by `(…)*+`.
"""


def of_those_that_fit(statement: str) -> str:
    """The part of a deployed statement that reads the source's own relation."""
    operators = (each for each in _QUOTED.finditer(statement) if each[0] == _OPERATOR)
    first = next(operators, None)
    return statement[: first.start()] if first else statement


def definitions(source: Source) -> str:
    """The macros, and the views over `<table>/*.jsonl` that the source's statements read."""
    made = views(source, f"{beside(source, '')}/*.jsonl")
    return MACROS + "".join(f"{printed(view)};\n" for view in made)
