"""One readable statement per detection, and the definition of what it reads."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB as Base
from sqlglot.generators.duckdb import DuckDBGenerator

from tocsin.ir.query import Query
from tocsin.model.source import Source
from tocsin.sql.text import LINE_BREAK, text_of
from tocsin.sql.tree import Sql, name, quoted
from tocsin_batch_sql.arrays import DETECTION_ID, BatchLeaves
from tocsin_batch_sql.ddl import views
from tocsin_batch_sql.dialect import duckdb
from tocsin_batch_sql.macros import MACROS
from tocsin_batch_sql.misfits import beside


def selection(query: Query, builders: Sequence[BatchLeaves]) -> exp.Query:
    """The SELECT of the matching rows of the source's relations, with the detection's id.

    Raises Unsupported for what the builders' engine cannot say exactly.
    """
    first, *others = (_matching(query, builder) for builder in builders)
    made: exp.Query = first
    for other in others:
        made = exp.Union(this=made, expression=other, distinct=False)
    return made


def _matching(query: Query, builder: BatchLeaves) -> exp.Select:
    condition = builder.condition(query.matches)
    own = list(map(name, builder.own_columns()))
    found = exp.alias_(quoted(query.detection.id), DETECTION_ID, quoted=True)
    relation = builder.relation(beside(builder.source, ""))
    select = exp.select(found, exp.Star(except_=own) if own else exp.Star(), copy=False)
    return select.from_(relation, copy=False).where(condition, copy=False)


def statement(query: Query) -> str:
    """The detection's SELECT for DuckDB. Raises Unsupported before any text is made."""
    return printed(selection(query, duckdb(query.source)))


_FIRST = re.compile(r"""(?:[^'"\n]+|'[^']*'|"[^"]*"|\n(?!UNION ALL\n))*+""")
"""Up to the operator between the SELECTs of a statement; what is quoted is text."""


def of_those_that_fit(statement: str) -> str:
    """The part of a deployed statement that reads the source's own relation."""
    found = _FIRST.match(statement)
    return found[0] if found else statement


def definitions(source: Source) -> str:
    """The macros, and the views over `<table>/*.jsonl` that the source's statements read."""
    made = views(source, f"{beside(source, '')}/*.jsonl")
    return MACROS + "".join(f"{printed(view)};\n" for view in made)


class _Printed(Base):
    """DuckDB."""

    class Generator(DuckDBGenerator):
        """What is printed otherwise."""

        SENTINEL_LINE_BREAK = LINE_BREAK


def printed(tree: Sql) -> str:
    """The text of a tree."""
    return text_of(tree, _Printed)
