"""A pack over a table, in any SQL engine: one scan for all detections of a source.

Each column that witnesses look at gives its distinct values; they are classed here, each once. The
engine joins the classes to the rows and gives the distinct tuples of classes; these are decided
here, each once. What they leave open is settled row by row, by the evaluator.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp

from tocsin.backend.forms import part_of
from tocsin.errors import Unsupported
from tocsin.ir.nodes import Keyword
from tocsin.ir.query import Query
from tocsin.model.artifact import Match
from tocsin.model.source import FieldType, Source
from tocsin.pack import Part
from tocsin.sql.tree import (
    Sql,
    all_true,
    func,
    ident,
    name,
    not_null,
    number,
    table,
)
from tocsin_batch_sql.common.arrays import physical_names
from tocsin_matcher.decision import Candidates
from tocsin_matcher.tables import TableColumn, TablePack

KEYED, FOUND = "~keyed", "~found"
"""Tables: each row's number and classes; the tuples of classes that have candidates."""
CLASS, TUPLE, ROWS = "~class", "~tuple", "~rows"

PORTION = 2_000
"""Rows that come to Python at a time."""

ValueRows = Sequence[tuple[Any, ...]]
Classify = Callable[[ValueRows], Sequence[int]]


def table_part(query: Query) -> Part:
    """The part of a detection for a table. Raises Unsupported for what no column tells."""
    if Keyword.__name__ in query.kinds and not query.source.values_column:
        raise Unsupported(Keyword.__name__, "no-values-column", query.source.name)
    for field in query.fields:
        if query.source.column(field) is None:
            raise Unsupported("Leaf", "unknown-field", field)
    return part_of(query)


class PackRun(ABC):
    """Runs a pack on a relation with the columns of a source; `row` has the events' numbers."""

    def __init__(self, source: Source, pack: TablePack, relation: str, row: str) -> None:
        self.pack = pack
        self.relation = table(relation)
        self.row = row
        self._names = physical_names(source)
        self._source = source

    # --- what an engine brings ------------------------------------------------------------------

    @abstractmethod
    def sample(self, rows: exp.Select) -> ValueRows:
        """Some of the rows, about as many as SAMPLE."""

    @abstractmethod
    def rows(self, select: exp.Select) -> Iterator[ValueRows]:
        """The rows of a SELECT, in portions."""

    @abstractmethod
    def keep(self, target: str, select: exp.Select) -> None:
        """Make a table of the rows of a SELECT."""

    @abstractmethod
    def classed(self, target: str, distinct: exp.Select, classify: Classify) -> int:
        """Make a table of the rows that are not of class 0, with the column CLASS; how many."""

    @abstractmethod
    def feed(self, target: str, columns: Mapping[str, Sequence[int]]) -> None:
        """Make a table of numbers."""

    @abstractmethod
    def no_texts(self) -> Sql:
        """The empty list of texts."""

    # --- the run --------------------------------------------------------------------------------

    def matches(self) -> Iterator[Match]:
        """All matches, in no order."""
        if not self.pack.parts:
            return
        self._learn()
        used = [n for n, column in enumerate(self.pack.columns) if self._make_classes(n, column)]
        self.keep(KEYED, self._keyed(used))
        found = self._decided(used)
        sure = [n for n, each in enumerate(found) if each.sure]
        if sure:
            yield from self._sure(found, used)
        open_ = [n for n, each in enumerate(found) if each.open]
        if open_:
            yield from self._open(found, used)

    def _learn(self) -> None:
        fields = self.pack.fields
        rows = self.sample(self._select(fields)) if fields else ()
        self.pack.learn_from([dict(zip(fields, row, strict=True)) for row in rows])

    def _select(self, fields: Iterable[str], *more: Sql) -> exp.Select:
        """The values of fields, in the relation, and columns more."""
        values = (exp.alias_(self._value(f), self._name(f), quoted=True) for f in fields)
        return exp.select(*values, *more).from_(self.relation)

    def _value(self, field: str) -> Sql:
        """A column as the pack takes it: a text, a number, or a list of texts."""
        column = self._source.column(field)
        value = ident(self._names[field])
        if column and column.type is FieldType.BOOLEAN:
            return exp.cast(value, "TEXT")
        if column and column.type is FieldType.MAP:
            return exp.Case().when(not_null(value), self.no_texts())
        return value

    def _name(self, field: str) -> str:
        """What its values are called: names that differ by case only get names of their own."""
        return f"{self._names[field]}~v"

    def _make_classes(self, number: int, column: TableColumn) -> int:
        distinct = self._select(column.fields).distinct()
        return self.classed(_class(number), distinct, column.classify)

    def _keyed(self, used: Sequence[int]) -> exp.Select:
        """Each row's number and its classes."""
        fields = dict.fromkeys(field for n in used for field in self.pack.columns[n].fields)
        rows = self._select(fields, ident(self.row)).subquery(name(ROWS))
        made = exp.select(of(ROWS, self.row), *map(_class_or_0, used)).from_(rows)
        for n in used:
            same = [
                exp.NullSafeEQ(this=of(ROWS, each), expression=of(_class(n), each))
                for each in map(self._name, self.pack.columns[n].fields)
            ]
            made = made.join(table(_class(n)), on=all_true(same), join_type="left")
        return made

    def _decided(self, used: Sequence[int]) -> list[Candidates]:
        """The candidates by TUPLE; the table FOUND has the tuples' classes."""
        keys = [ident(_class(n)) for n in used]
        distinct = exp.select(*keys, number(0)).distinct().from_(table(KEYED))
        whole = [0] * len(self.pack.columns)
        found: list[Candidates] = []
        columns: dict[str, list[int]] = {TUPLE: [], **{_class(n): [] for n in used}}
        for tuples in self.rows(distinct):
            for classes in tuples:
                for n, each in zip(used, classes, strict=False):
                    whole[n] = each
                candidates = self.pack.candidates(whole)
                if candidates.sure or candidates.open:
                    columns[TUPLE].append(len(found))
                    for n in used:
                        columns[_class(n)].append(whole[n])
                    found.append(candidates)
        self.feed(FOUND, columns)
        return found

    def _sure(self, found: Sequence[Candidates], used: Sequence[int]) -> Iterator[Match]:
        ids = [[self.pack.parts[part].detection for part in each.sure] for each in found]
        for rows in self.rows(self._with_tuples(used)):
            for event, at in rows:
                for detection in ids[at]:
                    yield Match(detection, event)

    def _open(self, found: Sequence[Candidates], used: Sequence[int]) -> Iterator[Match]:
        fields = self.pack.needed(found)
        asked = exp.In(
            this=ident(TUPLE), expressions=[number(n) for n, each in enumerate(found) if each.open]
        )
        tuples = self._with_tuples(used).where(asked).subquery(name(KEYED))
        rows = self._select(fields, ident(self.row), ident(TUPLE)).join(
            tuples, using=[name(self.row)]
        )
        checks = [self.pack.checks(each, fields) for each in found]
        for some in self.rows(rows):
            for row in some:
                for part, check in checks[row[-1]]:
                    if check(row):
                        yield Match(self.pack.parts[part].detection, row[-2])

    def _with_tuples(self, used: Sequence[int]) -> exp.Select:
        """Number and TUPLE of the rows that have candidates."""
        same = [exp.EQ(this=of(KEYED, _class(n)), expression=of(FOUND, _class(n))) for n in used]
        made = exp.select(of(KEYED, self.row), of(FOUND, TUPLE)).from_(table(KEYED))
        return made.join(table(FOUND), on=all_true(same) if same else exp.true())


def _class(number: int) -> str:
    return f"{CLASS}{number}"


def of(relation: str, column: str) -> exp.Column:
    """A column of a relation."""
    return exp.Column(this=name(column), table=name(relation))


def _class_or_0(at: int) -> Sql:
    return exp.alias_(func("COALESCE", of(_class(at), CLASS), number(0)), _class(at), quoted=True)
