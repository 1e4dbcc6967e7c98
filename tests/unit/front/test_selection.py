"""The detection block: every mistake collected, each at its place."""

from textwrap import dedent

from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.selection import Lowering
from tocsin.front.yaml import read_bytes
from tocsin.ir.nodes import And, Const, Expr, Leaf, Or, Text


def lower(block: str) -> tuple[Expr, list[Diagnostic]]:
    [document], wrong = read_bytes(dedent(block).encode(), "rule.yml")
    assert wrong == []
    lowering = Lowering(document, ())
    return lowering.block(document.value), lowering.diagnostics


def places(found: list[Diagnostic]) -> list[tuple[str, int, int]]:
    return [(d.code, d.span.line, d.span.column) for d in found]


def leaf(field: str, value: str) -> Leaf:
    return Leaf(field, Text((value,)))


def test_maps_are_and_lists_of_maps_are_or() -> None:
    expr, found = lower("""\
        sel:
          - {f: a, g: b}
          - {h: c}
        condition: sel
    """)
    assert found == []
    assert expr == Or((And((leaf("f", "a"), leaf("g", "b"))), leaf("h", "c")))


def test_every_mistake_at_its_place() -> None:
    _, found = lower("""\
        one:
          f|contain: a
          g|cidr:
            - 10.0.0.0/8
            - 10.0.0.1/8
        two:
          - {h|re: '('}
          - {}
        timeframe: 5m
        condition: one and three
    """)
    assert places(found) == [
        ("TOC033", 9, 1),
        ("TOC021", 2, 3),
        ("TOC025", 5, 7),
        ("TOC024", 7, 12),
        ("TOC020", 8, 5),
        ("TOC031", 10, 20),
    ]


def test_the_column_of_a_condition_is_of_its_trouble() -> None:
    _, found = lower("sel: {f: a}\ncondition: sel xor sel\n")
    assert places(found) == [("TOC030", 2, 16)]


def test_a_selection_in_a_syntax_error_is_no_missing_selection() -> None:
    _, found = lower("selection: {f: a}\ncondition: (selection\n")
    assert [d.code for d in found] == ["TOC030"]


def test_an_unused_selection_is_a_warning() -> None:
    expr, found = lower("sel: {f: a}\nother: {g: b}\ncondition: sel\n")
    assert expr == leaf("f", "a")
    assert [(d.code, d.severity, d.span.line) for d in found] == [("TOC034", Severity.WARNING, 2)]


def test_a_private_selection_used_by_name_is_used() -> None:
    assert lower("_p: {f: a}\nsel: {g: b}\ncondition: _p and sel\n")[1] == []


def test_each_of_several_conditions_is_read() -> None:
    expr, found = lower("""\
        one: {f: a}
        two: {g: b}
        condition:
          - one
          - two and
          - nothing
    """)
    assert expr == leaf("f", "a")
    assert [(d.code, d.span.line) for d in found] == [("TOC030", 5), ("TOC031", 6), ("TOC034", 2)]


def test_what_has_no_meaning_counts_as_false() -> None:
    expr, found = lower("sel: {f|nonsense: a}\ncondition: sel\n")
    assert expr == Const(value=False)
    assert [d.code for d in found] == ["TOC021"]
