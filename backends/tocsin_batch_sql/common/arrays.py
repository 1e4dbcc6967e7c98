"""What DuckDB and Spark share: columns and their places, arrays by functions of their members."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence

from sqlglot import exp

from tocsin.errors import Unsupported
from tocsin.ir.nodes import FieldRef, Keyword, Leaf, Or, Test
from tocsin.ir.text import fold
from tocsin.model.source import Column, FieldType, Source
from tocsin.sql.builder import SqlBuilder
from tocsin.sql.leaves import FOLDED, needs_fold
from tocsin.sql.lists import In
from tocsin.sql.patterns import is_caseless
from tocsin.sql.tree import Sql, any_true, ident, name, quoted

DETECTION_ID = "detection_id"
MEMBER, OTHER = "~m", "~o"
"""Variables over the members of arrays."""

CONVERSIONS = {
    FieldType.STRING: "TOCSIN_TEXT",
    FieldType.TIMESTAMP: "TOCSIN_TEXT",
    FieldType.INTEGER: "TOCSIN_INTEGER",
    FieldType.DOUBLE: "TOCSIN_DOUBLE",
    FieldType.BOOLEAN: "TOCSIN_BOOLEAN",
    FieldType.MAP: "TOCSIN_MAP",
    FieldType.STRINGS: "TOCSIN_TEXTS",
}
"""Functions that make a column of a type out of a JSON value; each engine defines its own."""


def physical_names(source: Source) -> dict[str, str]:
    """Column of the table for each field: case is folded, so the second of one name gets `~2`, ….

    A field's own `~` is doubled, so that no column of ours, which all have a single one, is ever
    called like a field. `$~{` stands for `${`, which Spark replaces wherever it stands.
    """
    seen = Counter([DETECTION_ID])
    result: dict[str, str] = {}
    values = [source.values_column] if source.values_column else []
    for field in dict.fromkeys([*(c.name for c in source.columns), *values]):
        plain = field.replace("~", "~~").replace("${", "$~{")
        alike = fold(plain.upper())
        seen[alike] += 1
        result[field] = plain if seen[alike] == 1 else f"{plain}~{seen[alike]}"
    return result


class BatchLeaves(SqlBuilder):
    """Leaves over arrays, for engines with functions of functions."""

    @abstractmethod
    def any_member(self, texts: Sql, variable: str, condition: Sql) -> Sql:
        """Whether the condition, which names the variable, holds for some member of a list."""

    @abstractmethod
    def each_member(self, texts: Sql, variable: str, value: Sql) -> Sql:
        """The list of the values, which name the variable, for all members of a list."""

    def own_columns(self) -> tuple[str, ...]:
        """Columns of the relation that are no part of what a statement gives."""
        return tuple(self.names[field] + FOLDED for field in self.folded)

    def list_leaf(self, column: Column, test: Test) -> Sql:
        """Some member of the array passes."""
        return self.over(column, needs_fold(test), lambda text: self.test(text, test))

    def over(self, column: Column, folded: bool, holds: Callable[[Sql], Sql]) -> Sql:  # noqa: FBT001
        """A condition on the text of a column, or on some member of an array."""
        if column.type is not FieldType.STRINGS:
            return holds(self.text_column(column, folded=folded))
        texts = self.folded_column(column) if folded else self.raw(column)
        return self.any_member(texts, MEMBER, holds(ident(MEMBER)))

    def any_of(self, node: Or) -> Sql:
        """OR, with all tests on the members of one array in one function."""
        alone: list[Sql] = []
        tests: dict[tuple[str, bool], list[Test]] = {}
        for arg in self.together(node.args):
            if isinstance(arg, Leaf) and self.column(arg.field).type is FieldType.STRINGS:
                tests.setdefault((arg.field, needs_fold(arg.test)), []).append(arg.test)
            else:
                alone.append(self.condition(arg))
        return any_true([*alone, *(self._some(*key, each) for key, each in tests.items())])

    def _some(self, field: str, folded: bool, tests: Sequence[Test]) -> Sql:  # noqa: FBT001
        return self.over(
            self.column(field), folded, lambda text: any_true([self.test(text, t) for t in tests])
        )

    def is_listed(self, field: str) -> bool:
        """Members of arrays are tested by an IN list, too."""
        return super().is_listed(field) or self.column(field).type is FieldType.STRINGS

    def in_list(self, node: In) -> Sql:
        """IN."""
        column = self.column(node.field)
        if column.type is not FieldType.STRINGS:
            return super().in_list(node)
        folded = not node.cased and not is_caseless(node.literals)
        texts = [quoted(text) for text in node.literals]
        return self.over(column, folded, lambda text: exp.In(this=text, expressions=texts))

    def keyword(self, node: Keyword) -> Sql:
        """Some scalar of the event passes; the source must list them in a column."""
        values = self.source.values_column
        if not values:
            raise Unsupported("Keyword", "no-values-column", self.source.name)
        return self.list_leaf(Column(values, FieldType.STRINGS, (values,)), node.test)

    def fold_column(self, column: Column) -> Sql:
        """The folded text, or the folded members of an array."""
        if column.type is not FieldType.STRINGS:
            return self.fold(self.raw(column))
        return self.each_member(self.raw(column), MEMBER, self.fold(ident(MEMBER)))

    def pair(self, left: Column, right: Column, node: FieldRef) -> Sql:
        """Two columns, either of which may be an array."""
        made = [self._members(c, v, node) for c, v in ((left, MEMBER), (right, OTHER))]
        (left_text, left_wrap), (right_text, right_wrap) = made
        if left_wrap is right_wrap is None:
            return super().pair(left, right, node)
        condition = self.related(left_text, right_text, node.how)
        for wrap in (right_wrap, left_wrap):
            condition = wrap(condition) if wrap else condition
        return condition

    def _members(
        self, column: Column, variable: str, node: FieldRef
    ) -> tuple[Sql, Callable[[Sql], Sql] | None]:
        """The text to compare and, for an array, what puts the comparison over its members."""
        if column.type is not FieldType.STRINGS:
            return self.text_column(column, folded=not node.cased), None
        texts = self.raw(column) if node.cased else self.folded_column(column)
        return ident(variable), lambda inner: self.any_member(texts, variable, inner)


def lambda_of(variable: str, body: Sql) -> exp.Lambda:
    """A function of one quoted variable."""
    return exp.Lambda(this=body, expressions=[name(variable)])
