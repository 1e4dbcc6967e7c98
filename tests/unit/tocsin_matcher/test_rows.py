"""Rows of lines have what events have, whatever stands there."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.events.decode import NotAnEventError, decode
from tocsin_matcher.atoms import Pair, ValuePlace, texts_of
from tocsin_matcher.rows import Reader

PLACES = (
    ValuePlace("a"),
    ValuePlace("b"),
    ValuePlace("a.b"),
    ValuePlace("a.b.c"),
    ValuePlace("x", ("c",)),
    ValuePlace("y", ("a", "b")),
    ValuePlace("z", ("a.b",)),
)
PLAIN = (ValuePlace("a"), ValuePlace("b"))
VALUES = (
    *('"text"', '""', '"5"', "5", "-7", "5.0", "0.1", "-0.0", "1e3", "true", "false", "null"),
    *("18446744073709551615", "18446744073709551616", "-9223372036854775809", "1e300"),
    *("[]", "[null]", '["x", 1, null, 1.0]', "[[1], {}]", "{}", '{"b": "in"}', '{"b": {"c": 2}}'),
    '{"b": [1, {}]}',
)
LINES = [
    *(f'{{"a": {value}}}'.encode() for value in VALUES),
    *(f'{{"c": {value}, "b": "x", "a": "y"}}'.encode() for value in VALUES),
    *(f'{{"a.b": {value}, "a": {{"b": 3}}}}'.encode() for value in VALUES),
    b"{}",
    b' {"b": 1, "a": "first", "a": "last"} ',
    '{"a": "\u20ac\\n\\u20ac"}'.encode(),
    b'{"\\u0061": "key", "\\u0062": "\\ud83d\\ude42"}',
]
WRONG = (
    *(b"", b"oops", b"[]", b'{"a": 1', b"null", b'{"a": "x"} {}', b'{"a": "\xff"}', b'{"a": NaN}'),
    *(b'{"a": 1e400}', b'{"a": 01}', b'{"a": 1.}', b'{"a": "x\ty"}', b'{"a": "\\ud800"}'),
)


def forms_of(place: ValuePlace, line: bytes) -> Any:
    return texts_of(place.value(decode(line)))


@pytest.mark.parametrize("places", [PLACES, PLAIN, (ValuePlace('k"'), *PLACES)])
def test_rows_have_what_events_have(places: tuple[ValuePlace, ...]) -> None:
    reader = Reader(places)
    for again in range(3):  # adapted to what was met, the others are read otherwise
        read = reader.read(LINES)
        assert (read.refused, read.lines) == ({}, list(range(len(LINES))))
        for place in places:
            for line, value in zip(LINES, reader.values(place, read.rows), strict=True):
                assert texts_of(value) == forms_of(place, line), (again, place, line)
                # As keys, True is 1 and 5.0 is 5: such values are texts.
                assert type(value) in (str, int, tuple, type(None))
        reader.adapt()


def test_a_reader_adapts_to_what_it_met_once() -> None:
    reader = Reader([ValuePlace("a"), ValuePlace("b")])
    reader.read([b'{"a": "x", "b": 1}', b'{"c": [1.5]}'])
    assert not reader.adapt()
    reader.read([b'{"a": [1]}'])
    assert reader.adapt()
    assert not reader.adapt()
    reader.read([b'{"a": [1]}', b'{"b": 0.5}'])
    assert reader.adapt()


def test_lines_that_are_no_events_are_left_out_with_their_reason() -> None:
    reader = Reader(PLAIN)
    lines = [b'{"a": "first"}', *WRONG, b'{"a": [1]}', b'{"b": 2}']
    read = reader.read(lines)
    assert read.lines == [0, len(lines) - 2, len(lines) - 1]
    assert list(reader.values(PLAIN[0], read.rows)) == ["first", ("1",), None]
    assert sorted(read.refused) == list(range(1, len(WRONG) + 1))
    for number, line in enumerate(WRONG, 1):
        with pytest.raises(NotAnEventError) as caught:
            decode(line)
        assert read.refused[number] == str(caught.value)


def test_pairs_and_places_that_rows_lack() -> None:
    one, other, lacking = ValuePlace("a"), ValuePlace("a.b"), ValuePlace("c")
    reader = Reader([Pair(one, other)])
    rows = reader.read([b'{"a": "x", "a.b": 2}', b'{"a": {"b": true}}']).rows
    assert list(reader.values(Pair(one, other), rows)) == [("x", 2), ((), "true")]
    get, pair = reader.value(one), reader.value(Pair(other, one))
    assert get
    assert pair
    assert [get(row) for row in rows] == ["x", ()]
    assert [pair(row) for row in rows] == [(2, "x"), ("true", ())]
    assert reader.value(lacking) is None
    assert reader.value(Pair(one, lacking)) is None
