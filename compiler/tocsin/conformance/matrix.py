"""The support matrix: rows of the contract by backend, computed from marks alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.backend.base import Backend, Support
from tocsin.conformance.case import ContractRow
from tocsin.conformance.marks import Mark, Marks, marks_of
from tocsin.conformance.table import rows
from tocsin.ir.correlation import NODE_TYPES


@dataclass(frozen=True, slots=True)
class SupportCell:
    """What a backend does with a row: `done` of `all` cases, and the marks of the others."""

    done: int
    all: int
    marks: tuple[Mark, ...] = ()

    def text(self) -> str:
        """`yes`, `partly (12 of 14): notyet: …`, or the marks alone."""
        reasons = Counter(f"{mark.mark}: {mark.reason}" for mark in self.marks)
        said = "; ".join(reasons)
        if not reasons:
            return "yes"
        return f"partly ({self.done} of {self.all}): {said}" if self.done else said


def cell(row: ContractRow, marks: Marks) -> SupportCell:
    """The cell of a row. A row whose cases the front decides alone is the same for everyone."""
    cases = row.meaningful
    if not cases and (mark := marks.of(row.id)):
        return SupportCell(0, 0, (mark,))
    found = [mark for case in cases if (mark := marks.of(case.id))]
    return SupportCell(len(cases) - len(found), len(cases), tuple(found))


def rows_table(backends: Sequence[Backend]) -> str:
    """Markdown: rows of the contract by backend."""
    marks = [marks_of(backend) for backend in backends]
    head = ["row", "what it says", "cases", *(backend.name for backend in backends)]
    body = [
        [row.id, row.title, str(len(row.cases)), *(cell(row, each).text() for each in marks)]
        for row in rows()
    ]
    return markdown(head, body)


def nodes_table(backends: Sequence[Backend]) -> str:
    """Markdown: what each backend declares of each node."""
    head = ["node", *(backend.name for backend in backends)]
    body = [
        [kind.__name__, *(str(_declared(backend, kind.__name__)) for backend in backends)]
        for kind in NODE_TYPES
    ]
    return markdown(head, body)


def _declared(backend: Backend, node: str) -> str:
    support: Support | None = backend.capabilities.get(node)
    return support.value if support else "undeclared"


def markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
