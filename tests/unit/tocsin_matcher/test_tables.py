"""Packs over tables: candidates by classes of values, and what settles the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.nodes import (
    And,
    Compare,
    Expr,
    FieldRef,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Op,
    Or,
    Regex,
    Text,
)
from tocsin.ir.text import scalars
from tocsin_matcher.atoms import ValuePlace
from tocsin_matcher.tables import TableColumn, TablePack
from unit.tocsin_matcher.questions import ANY, Event, atoms, part, text

WORD = Keyword(Text((ANY, "word", ANY)))
EXPRS: tuple[Expr, ...] = (
    And((text("text", "a"), Not(text("renamed", ANY, "b")))),
    Or((text("text", ANY, "a", ANY), IsNull("number"))),
    Leaf("number", Compare(Op.GT, 3)),
    FieldRef("text", "TEXT"),
    FieldRef("text", "text"),
    And((WORD, Not(IsNull("many")))),
    Not(Leaf("many", Regex("x.y"))),
    And((Leaf("text", Regex("^.$")), Leaf("number", Compare(Op.LTE, 3)), text("TEXT", ANY))),
)
ROWS: tuple[Event, ...] = tuple(
    {"text": one, "TEXT": other, "renamed": "xb" if number == 3 else None, "number": number}
    | {"many": many}
    for one in (None, "a", "bab")
    for other in ("A", None, "word")
    for number in (None, 3, 4)
    for many in (None, ["x", "xzy"], ["words"])
)


def with_values(row: Event) -> Event:
    return {**row, "all": list(scalars(row))}


def matching(pack: TablePack, row: Event) -> Iterable[str]:
    """As an engine asks: a class for each column, then what the open ones need."""
    classes = [
        column.classify([tuple(row[field] for field in column.fields)])[0]
        for column in pack.columns
    ]
    candidates = pack.candidates(classes)
    fields = pack.needed([candidates])
    values = [row[field] for field in fields]
    open_ = [part_ for part_, holds in pack.checks(candidates, fields) if holds(values)]
    return [pack.parts[number].detection for number in sorted((*candidates.sure, *open_))]


@pytest.mark.parametrize("learned", [ROWS, ROWS[:1], ()])
def test_tables_match_as_the_evaluator_says(learned: Sequence[Event]) -> None:
    parts = [part(expr, f"d{number}") for number, expr in enumerate(EXPRS)]
    pack = TablePack(reversed(parts), "all")
    assert pack.fields == ("TEXT", "all", "many", "number", "renamed", "text")
    pack.learn_from([with_values(row) for row in learned])
    for row in ROWS:
        wanted = [p.detection for p in parts if evaluate(p.matches, View(row))]
        assert matching(pack, with_values(row)) == wanted, row


def test_values_of_one_column_are_classified_together_and_none_is_class_0() -> None:
    made = TableColumn(("text",), ValuePlace("text"), atoms(text("text", "a"), text("text", "b")))
    assert made.fields == ("text",)
    first = made.classify([("x",), ("A",), (["b", "a"],), (None,), ("a",)])
    assert first == [0, 1, 2, 0, 1]
    assert made.members == [frozenset(), {0}, {0, 1}]
    assert made.classify([("b",), ("a",)]) == [3, 1]


def test_two_fields_are_compared_and_one_with_itself_is_read_once() -> None:
    [both] = atoms(FieldRef("text", "TEXT"))
    made = TableColumn(("text", "TEXT"), both.where, [both])
    assert made.classify([("a", "A"), ("a", "b"), (None, None)]) == [1, 0, 0]
    [itself] = atoms(FieldRef("text", "text"))
    alone = TableColumn(("text", "text"), itself.where, [itself])
    assert alone.fields == ("text",)
    assert alone.classify([("a",), (None,)]) == [1, 0]


def test_only_fields_of_what_is_open_are_needed() -> None:
    pack = TablePack([part(And((text("text", "longer words"), text("TEXT", "x"))))])
    pack.learn_from([{"text": "y", "TEXT": "x"}] * 50)
    [column] = pack.columns
    assert column.fields == ("text",)
    miss, hit = (pack.candidates([n]) for n in column.classify([("y",), ("longer words",)]))
    assert pack.needed([miss]) == ()
    assert pack.needed([miss, hit]) == ("TEXT",)


def test_rows_tell_what_is_rare_whatever_place_a_field_has_in_events() -> None:
    pack = TablePack([part(And((text("renamed", "abc"), text("text", "abc"))))])
    pack.learn_from([{"renamed": "abc", "text": "x"}] * 50)
    assert [column.fields for column in pack.columns] == [("text",)]
