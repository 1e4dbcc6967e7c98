"""Spark's SQL as sqlglot prints it, but for texts and TRY_CAST."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.spark import Spark as Base
from sqlglot.generators.spark import SparkGenerator

from tocsin.errors import Unsupported
from tocsin.sql.text import LINE_BREAK, text_of
from tocsin.sql.tree import Sql

VARIABLE = "${"
"""Begins what Spark replaces in the text of a statement before it reads it."""
ESCAPES = str.maketrans(
    {
        **{chr(code): f"\\u{code:04x}" for code in (*range(0x20), 0x7F)},
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\\": "\\\\",
        "'": "\\'",
    }
)


class Spark(Base):
    """Apache Spark 4."""

    class Generator(SparkGenerator):
        """What is printed otherwise."""

        SENTINEL_LINE_BREAK = LINE_BREAK

        TRANSFORMS: ClassVar[dict[Any, Any]] = {
            **SparkGenerator.TRANSFORMS,
            exp.TryCast: lambda self, e: f"TRY_CAST({self.sql(e, 'this')} AS {self.sql(e, 'to')})",
        }

        def identifier_sql(self, expression: exp.Identifier) -> str:
            """A name; nothing helps against `${` in one. Raises Unsupported."""
            if VARIABLE in expression.name:
                raise Unsupported("Name", "name-with-variable", expression.name)
            return str(super().identifier_sql(expression))

        def literal_sql(self, expression: exp.Literal) -> str:
            """A text with every escape of ours; `${` would be replaced by Spark before parsing."""
            if not expression.is_string:
                return str(super().literal_sql(expression))
            text = expression.this.translate(ESCAPES).replace(VARIABLE, "\\u0024{")
            return f"'{text}'"


def printed(tree: Sql) -> str:
    """The text of a tree."""
    return text_of(tree, Spark)
