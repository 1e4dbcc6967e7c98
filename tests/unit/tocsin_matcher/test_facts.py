"""Facts about an event, found out where they are asked and not before."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.events.decode import NotAnEventError, decode
from tocsin.ir.nodes import And, FieldRef, Keyword, Text
from tocsin_matcher import facts
from tocsin_matcher.atoms import ValuePlace, atoms_of
from tocsin_matcher.facts import Facts
from tocsin_matcher.rows import Reader
from unit.tocsin_matcher.questions import ANY, part, text

READ = ValuePlace("text")
ATOMS = atoms_of(
    [
        part(
            And(
                (
                    text("text", "a"),
                    text("TEXT", "b"),
                    Keyword(Text((ANY, "word", ANY))),
                    FieldRef("text", "renamed"),
                    text("TEXT", ANY, "c", ANY),
                )
            )
        )
    ]
)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The lines that were decoded."""
    lines: list[bytes] = []

    def noted(line: bytes) -> dict[str, Any]:
        lines.append(line)
        return decode(line)

    monkeypatch.setattr(facts, "decode", noted)
    return lines


def test_what_rows_have_is_read_there_the_rest_of_the_event_decoded_once(
    decoded: list[bytes],
) -> None:
    line = b'{"text": "A", "TEXT": "bc", "from": {"deep": {"place": "a"}}, "n": ["two words"]}'
    reader = Reader([READ])
    [row] = reader.read([line]).rows
    truth = Facts(ATOMS, reader).of(row, line)
    assert truth(0)
    assert decoded == []
    assert [truth(number) for number in range(5)] == [True, False, True, True, True]
    assert decoded == [line]


def test_facts_of_one_event_are_not_those_of_the_next() -> None:
    lines = [b'{"TEXT": "b"}', b'{"TEXT": "c", "text": "a"}', b'{"TEXT": "b", "n": "word"}']
    reader = Reader([READ])
    found = Facts(ATOMS, reader)
    truths = [found.of(row, line) for row, line in zip(reader.read(lines).rows, lines, strict=True)]
    seen = [[truth(number) for number in range(5)] for truth in truths]
    assert seen == [
        [False, True, False, False, False],
        [True, False, False, False, True],
        [False, True, True, False, False],
    ]


def test_a_line_that_is_broken_elsewhere_is_refused_when_it_is_decoded() -> None:
    line = b'{"text": "a", "n": "\xff"}'
    reader = Reader([READ])
    [row] = reader.read([line]).rows
    truth = Facts(ATOMS, reader).of(row, line)
    assert truth(0)
    with pytest.raises(NotAnEventError):
        truth(1)
