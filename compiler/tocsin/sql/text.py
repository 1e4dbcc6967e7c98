"""The text of a SQL tree."""

from __future__ import annotations

from sqlglot import Dialect, ErrorLevel

from tocsin.sql.tree import Sql

LINE_BREAK = "\ud800"
"""Stands for a line break of a name or literal until all else is indented; each dialect's
generator says so. It has to be what no statement holds, and half of a character is that.
(sqlglot's own is a word.)
"""


def text_of(tree: Sql, dialect: type[Dialect]) -> str:
    """One clause or operand a line; an unknown construct is an error."""
    return tree.sql(dialect=dialect, pretty=True, copy=False, unsupported_level=ErrorLevel.RAISE)
