"""Flink's SQL as a sqlglot dialect: only what our statements and tables need.

Backticks quote names, a quote in a text is doubled, a backslash is a plain character.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import Dialect, exp, generator, tokens

from tocsin.sql.text import LINE_BREAK, text_of
from tocsin.sql.tree import Sql


class IsNotTrue(exp.Expression, exp.Predicate):
    """NOT of a condition that may be NULL."""


class Metadata(exp.Expression, exp.ColumnConstraintKind):
    """A column that the connector fills, or reads if it is `written`."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "written": False}


class TimestampLiteral(exp.Expression):
    """TIMESTAMP '2026-01-01 00:00:00'."""


class FlinkDialect(Dialect):
    """Apache Flink 2."""

    NORMALIZE_FUNCTIONS = False

    class Tokenizer(tokens.Tokenizer):
        """How names and texts are quoted."""

        IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ["`"]
        QUOTES: ClassVar[list[str | tuple[str, str]]] = ["'"]
        STRING_ESCAPES: ClassVar[list[str]] = ["'"]

    class Generator(generator.Generator):
        """How the few constructs that are Flink's own are printed."""

        SENTINEL_LINE_BREAK = LINE_BREAK

        TYPE_MAPPING: ClassVar[dict[Any, str]] = {
            **generator.Generator.TYPE_MAPPING,
            exp.DType.TEXT: "STRING",
            exp.DType.STRUCT: "ROW",
        }
        TRANSFORMS: ClassVar[dict[Any, Any]] = {
            **generator.Generator.TRANSFORMS,
            IsNotTrue: lambda self, e: f"({self.sql(e, 'this')}) IS NOT TRUE",
            TimestampLiteral: lambda self, e: f"TIMESTAMP {self.sql(e, 'this')}",
            exp.Array: lambda self, e: f"ARRAY[{self.expressions(e, flat=True)}]",
            Metadata: lambda self, e: (
                f"METADATA FROM {self.sql(e, 'this')}{'' if e.args['written'] else ' VIRTUAL'}"
            ),
        }

        def property_sql(self, expression: exp.Property) -> str:
            """Options of a connector: both sides are texts."""
            return f"{self.sql(expression, 'this')} = {self.sql(expression, 'value')}"


def printed(tree: Sql) -> str:
    """The text of a tree."""
    return text_of(tree, FlinkDialect)
