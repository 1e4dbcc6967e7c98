"""One readable statement per detection, and the definition of what it reads."""

from __future__ import annotations

from sqlglot import ErrorLevel, exp

from tocsin.backend.sql_leaf import FOLDED
from tocsin.backend.sql_tree import Sql, name, quoted
from tocsin.ir.query import Query
from tocsin.model.source import Source
from tocsin_batch_sql.arrays import BatchLeaves, physical_names
from tocsin_batch_sql.ddl import MACROS, view
from tocsin_batch_sql.dialect import DuckDb

DETECTION_ID = "detection_id"


def selection(query: Query, builder: BatchLeaves) -> exp.Select:
    """The SELECT of the matching rows of the source's table, with the detection's id.

    Raises Unsupported for what the builder's engine cannot say exactly.
    """
    condition = builder.condition(query.matches)
    folded = [name(builder.names[field] + FOLDED) for field in builder.folded]
    star = exp.Star(except_=folded) if folded else exp.Star()
    found = exp.alias_(quoted(query.detection.id), DETECTION_ID, quoted=True)
    relation = builder.relation(query.source.table or query.source.name)
    select = exp.select(found, star, copy=False)
    return select.from_(relation, copy=False).where(condition, copy=False)


def statement(query: Query) -> str:
    """The detection's SELECT for DuckDB. Raises Unsupported before any text is made."""
    return printed(selection(query, DuckDb(query.source, physical_names(query.source))))


def definitions(source: Source) -> str:
    """The macros and the view over `<table>/*.jsonl` that the source's statements read."""
    return f"{MACROS}{printed(view(source, f'{source.table or source.name}/*.jsonl'))};\n"


def printed(tree: Sql) -> str:
    """The text of a tree, one clause or operand a line; an unknown construct is an error."""
    return tree.sql(dialect="duckdb", pretty=True, copy=False, unsupported_level=ErrorLevel.RAISE)
