"""Every case of the table, through the real front and the reference evaluator."""

from collections import Counter

import pytest

from ir.table import FOLDER, Row, rows
from tocsin.diagnostics import Severity
from tocsin.front.selection import Lowering
from tocsin.front.yaml import Document
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.trace import trace

ROWS = list(rows())
CONTRACT = {f"E{n}" for n in range(1, 8)} | {f"L{n}" for n in range(1, 15)}


@pytest.mark.parametrize("row", [r for r in ROWS if not r.refused], ids=lambda r: r.name)
def test_meaning(row: Row) -> None:
    expr, found = row.lower()
    assert [d for d in found if d.severity is Severity.ERROR] == []
    assert evaluate(expr, row.event) is row.match
    assert trace(expr, View(row.event)).holds is row.match


@pytest.mark.parametrize("row", [r for r in ROWS if r.refused], ids=lambda r: r.name)
def test_refusal(row: Row) -> None:
    _, found = row.lower()
    errors = [d for d in found if d.severity is Severity.ERROR]
    assert {d.code for d in errors} == {row.refused}
    start = row.document.span((row.number,))
    assert all(d.span > start for d in errors), "the finding points at its case"


def test_every_row_of_the_contract_has_cases_both_ways() -> None:
    both = {r.name.split(":")[0] for r in ROWS if r.match is True}
    both &= {r.name.split(":")[0] for r in ROWS if r.match is False}
    assert {path.stem for path in FOLDER.glob("*.yml")} >= CONTRACT
    assert both >= CONTRACT


def test_names_are_unique() -> None:
    assert [name for name, n in Counter(r.name for r in ROWS).items() if n > 1] == []


def test_a_list_of_4432_values() -> None:
    values = [f"bad-{n}.example" for n in range(4432)]
    lowering = Lowering(Document("", None), ("detection",))
    expr = lowering.block({"s": {"query|endswith": values}, "condition": "s"})
    assert lowering.diagnostics == []
    assert evaluate(expr, {"query": "www.BAD-4431.example"})
    assert not evaluate(expr, {"query": "www.bad-4432.example"})
