"""The support matrix says of each backend what it declares, and no more."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from conformance.toys import Toy
from tocsin.backend.base import Support
from tocsin.conformance import matrix
from tocsin.conformance.marks import Mark, Marks
from tocsin.conformance.matrix import SupportCell, cell, markdown, nodes_table, rows_table
from tocsin.conformance.table import read_row
from tocsin.ir.nodes import Keyword, Regex

ROW = read_row(
    "L2.yml",
    b"""
title: Stars | and more
cases:
- {name: one, detection: {s: {f: x*}, condition: s}, event: {f: xy}, match: true}
- {name: two, detection: {s: {f: "*x"}, condition: s}, event: {f: yx}, match: true}
- {name: three, detection: {s: {f: "*x*"}, condition: s}, event: {f: yxy}, match: true}
- {name: bad, detection: {s: 5, condition: s}, refused: TOC020}
""",
)
EMPTY = read_row("S3.yml", b"title: Said by the front alone")


def mark(*cases: str, reason: str = "no stars", how: str = "notyet") -> Mark:
    return Mark.model_validate({"cases": list(cases), "mark": how, "reason": reason})


@pytest.mark.parametrize(
    ("marks", "done", "text"),
    [
        ([], 3, "yes"),
        ([mark("L9", "L2/four")], 3, "yes"),
        ([mark("L2/bad")], 3, "yes"),  # the front refuses it: it reaches no backend
        ([mark("L2/one")], 2, "partly (2 of 3): notyet: no stars"),
        ([mark("L2/one", "L2/two")], 1, "partly (1 of 3): notyet: no stars"),
        ([mark("L2")], 0, "notyet: no stars"),
        ([mark("L*", reason="keeps no state", how="never")], 0, "never: keeps no state"),
        (
            [mark("L2/t*"), mark("L2", reason="nothing", how="never")],
            0,
            "never: nothing; notyet: no stars",
        ),
    ],
)
def test_a_cell_is_computed_from_marks(marks: list[Mark], done: int, text: str) -> None:
    found = cell(ROW, Marks(tuple(marks)))
    assert (found.done, found.all, found.text()) == (done, 3, text)


def test_a_row_without_cases_is_yes_unless_it_is_marked() -> None:
    assert cell(EMPTY, Marks()) == SupportCell(0, 0)
    assert cell(EMPTY, Marks()).text() == "yes"
    assert cell(EMPTY, Marks((mark("S3", how="never"),))).text() == "never: no stars"


class Lesser(Toy):
    """Says nothing of one node, and no of another."""

    name = "lesser"
    capabilities: Mapping[str, Support] = {
        **{n: s for n, s in Toy.capabilities.items() if n != Regex.__name__},
        Keyword.__name__: Support.NOTIMPL,
    }


def test_rows_by_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "rows", lambda: (ROW, EMPTY))
    declared = {"toy": Marks(), "lesser": Marks((mark("L2/one", reason="no *"),))}
    monkeypatch.setattr(matrix, "marks_of", lambda backend: declared[backend.name])
    assert rows_table([Toy(), Lesser()]).splitlines() == [
        "| row | what it says | cases | toy | lesser |",
        "| --- | --- | --- | --- | --- |",
        r"| L2 | Stars \| and more | 4 | yes | partly (2 of 3): notyet: no \* |",
        "| S3 | Said by the front alone | 0 | yes | yes |",
    ]


def test_nodes_by_backend() -> None:
    lines = nodes_table([Toy(), Lesser()]).splitlines()
    assert lines[0] == "| node | toy | lesser |"
    for line in ("| Regex | yes | undeclared |", "| Keyword | yes | notimpl |"):
        assert line in lines
    assert "| Correlation | never | never |" in lines
    assert len(lines) == 2 + len(Toy.capabilities)


def test_text_in_a_table_stays_text() -> None:
    assert markdown(["a|b"], [["*c*"]]) == "| a\\|b |\n| --- |\n| \\*c\\* |"
