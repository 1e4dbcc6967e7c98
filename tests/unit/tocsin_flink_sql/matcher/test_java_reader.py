"""Packs and events as Java reads them: damage is refused with words, content identifies alike."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from differential.seed import SEED
from differential.world import SOURCE, query_of
from java_reader import EVENT, LETTERS, Asked, pack_of, says
from tocsin.ir.identity import event_id
from tocsin.ir.nodes import (
    Cidr,
    Compare,
    FieldRef,
    How,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Op,
    Or,
    Regex,
    Text,
    TimePart,
    Unit,
    Wild,
    all_of,
)
from tocsin.pack import Pack, Part
from tocsin_flink_sql.matcher.java_regex import regexes

EVERY = all_of(
    (
        Or(
            (Leaf("text", Text(("a", Wild.ONE, Wild.MANY))), Leaf("text", Text(("b",), cased=True)))
        ),
        Not(Leaf("renamed", Regex("a{2,3}[b-d]|^x.*$", "i"))),
        Or((Leaf("text", Cidr("10.0.0.0/8")), Leaf("text", Cidr("2001:db8::/32")))),
        Not(Leaf("number", Compare(Op.GT, 3))),
        Not(Leaf("ratio", Compare(Op.LTE, 1.5))),
        Not(Leaf("time", TimePart(Unit.HOUR, 3, 5))),
        Not(IsNull("many")),
        Not(FieldRef("text", "user.name", How.CONTAINS)),
        Not(Keyword(Text((Wild.MANY, "evil", Wild.MANY)))),
    )
)
PART = Part.of(query_of(EVERY, "d"))
DEEP: Any = 0
for _ in range(250):
    DEEP = ["not", DEEP]
VALUES: list[Any] = [
    None, True, -1, 0, 1, 2, 7, 2**32 + 2, 10**30, 10**400, 1.5, -1e300, "", "x", "a" * 5000,
    "::/-1", "10.0.0.1/8", "10.0.0.0/33", "not", [], [[]], ["and"], ["not", 0, 0], {},
    {"a": []}, DEEP,
]  # fmt: skip


BEYOND = ("expected a text, got null", "expected a small integer", "a number beyond doubles")


def changed(data: Any) -> Iterator[Any]:
    """The data with each of its parts replaced, left out, or there twice."""
    yield from VALUES
    if isinstance(data, dict):
        for key in data:
            yield {k: v for k, v in data.items() if k != key}
            yield {**data, key + "x": data[key]}
            for value in changed(data[key]):
                yield {**data, key: value}
    elif isinstance(data, list):
        for at in range(len(data)):
            yield [*data[:at], *data[at + 1 :]]
            yield [*data[:at], data[at], *data[at:]]
            for value in changed(data[at]):
                yield [*data[:at], value, *data[at + 1 :]]


def _json(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def test_every_change_of_a_part_is_read_or_refused_as_python_does(tmp_path: Path) -> None:
    made = [_json(data) for data in changed(json.loads(PART.encode()))]
    patterns = regexes([PART])
    said = says(tmp_path, ((pack_of([m], PART.source), patterns, LETTERS, EVENT) for m in made))
    wrong = [(m[:300], s) for m, s in zip(made, said, strict=True) if s.startswith("wrong")]
    assert not wrong, (len(wrong), wrong[:5])
    differ = [
        (m[:300], s, no)
        for m, s in zip(made, said, strict=True)
        if s.startswith("read") != (not (no := _python(m)))
    ]
    taken = [each for each in differ if each[1].startswith("read")]
    assert not taken, (len(taken), taken[:5])
    # Python takes expressions without a pattern of Java's, and larger numbers.
    assert all(any(word in s for word in BEYOND) for _, s, _ in differ), differ[:5]
    assert len(made) > 2900


def _python(line: bytes) -> str:
    """Why the reader in Python refuses a pack; no other error than its own may be raised."""
    try:
        Pack.decode(pack_of([line], PART.source))
    except ValueError as no:
        return str(no) or "refused"
    return ""


def test_every_change_of_what_is_around_parts(tmp_path: Path) -> None:
    line, patterns = PART.encode(), regexes([PART])
    header = json.loads(pack_of([line], PART.source).split(b"\n")[0])
    asked: list[Asked] = [
        (_json(data) + b"\n" + line + b"\n", patterns, LETTERS, EVENT) for data in changed(header)
    ]
    whole = pack_of([line], PART.source)
    asked += [(whole, _json(d), LETTERS, EVENT) for d in changed(json.loads(patterns))]
    asked += [(whole, patterns, _json(d), EVENT) for d in changed(json.loads(LETTERS))]
    asked += [(whole, _json({key: text}), LETTERS, EVENT) for key, text in _patterns(patterns)]
    asked += [(pack_of([line, line], PART.source), patterns, LETTERS, EVENT)]
    asked += [(whole[:at], patterns, LETTERS, EVENT) for at in range(0, len(whole), 7)]
    said = says(tmp_path, asked)
    wrong = [(a[:2], s) for a, s in zip(asked, said, strict=True) if s.startswith("wrong")]
    assert not wrong, str(wrong[:3])[:2000]
    assert said[-1 - len(range(0, len(whole), 7))].startswith("refused line 3: ")


def _patterns(made: bytes) -> Iterator[tuple[str, str]]:
    """Java's patterns cut, with pieces twice, and such that would take all memory."""
    for key, text in json.loads(made).items():
        for at in range(len(text)):
            yield key, text[:at]
            yield key, text[:at] + text[at + 1 :]
            yield key, text[:at] + "{" + text[at:]
        for odd in (
            "(?:" * 5000,
            "a" + "*" * 5000,
            "(?:" * 9 + ")" + "{1000})" * 8,
            "a{1000000000}",
        ):
            yield key, odd
        for odd in ("[b-a]", "[a", "\\x{110000}", "\\x{", "\\", "[]{999}", "a{2,1}", "(?:){999}"):
            yield key, odd


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expr": []}, "not a condition"),
        ({"leaves": [["text", "a"]]}, "a leaf text of 2 values"),
        ({"leaves": [["cidr", "a", "::/-1"]]}, "not a network: ::/-1"),
        ({"expr": DEEP}, "nested deeper than 100 levels"),
        ({"paths": {"a": []}}, "the path of a has no parts"),
    ],
)
def test_the_words(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    data = {**json.loads(PART.encode()), "where": True, "expr": True, **change}
    asked = (pack_of([_json(data)], PART.source), regexes([PART]), LETTERS, EVENT)
    [told] = says(tmp_path, [asked])
    assert told.startswith("refused line 2: "), told
    assert said in told


# --- identity -------------------------------------------------------------------------------------

NUMBERS = [
    "0", "-0", "-0.0", "5", "5.0", "1e2", "1E+2", "18446744073709551615", "18446744073709551616",
    "-9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "1e16",
    "1e15", "123456789012345680.0", "1e-4", "1e-5", "0.00012", "1e22", "5e-324", "1.5e300",
    "1" + "0" * 300,
    "0.1", "100.0", "9007199254740993", "9007199254740993.0", "2.5e-7", "1e21", "123456789.125",
]  # fmt: skip
TEXTS = [
    "", "a", "\u00e9", "\u20ac", "\U0001f600", "\ufffd", "\u2028", "\x7f", '"', "\\", "/",
    "\n\r\t\b\f", "\x00\x01\x1f", "</script>", "\ue000", "\uffff",
]  # fmt: skip


def documents() -> Iterator[bytes]:
    """Events whose content says all that canonical JSON may say."""
    random = Random(SEED)
    doubles = (struct.unpack("<d", random.randbytes(8))[0] for _ in range(3000))
    numbers = [*NUMBERS, *(repr(n) for n in doubles if n - n == 0)]
    yield from (b'{"n":%s}' % n.encode() for n in numbers)
    yield from (b'{ "n" : [ %s , null,true , {"b":false,"a":[]} ] }' % n.encode() for n in NUMBERS)
    for text in TEXTS:
        yield json.dumps({text: text, "z": [text, {text + "b": 1, text + "a": {}}]}).encode()
    yield json.dumps(dict.fromkeys(TEXTS, 1), ensure_ascii=False).encode()
    yield b'{"a":1,"b":2,"a":3,"c":{"x":1,"x":{"y":2,"y":[]}}}'
    yield b'{"a":"\\u00e9\\ud83d\\ude00\\u0041\\/"}'


def test_content_identifies_an_event_as_in_python(tmp_path: Path) -> None:
    always = Part.of(query_of(Or((IsNull("text"), Not(IsNull("text")))), "d", SOURCE))
    pack = pack_of([always.encode()], always.source)
    given = list(documents())
    said = says(tmp_path, ((pack, b"{}", LETTERS, document) for document in given))
    wanted = [f"read {event_id(orjson.loads(document), ())}" for document in given]
    differ = [(d, s) for d, s, w in zip(given, said, wanted, strict=True) if s != w]
    assert not differ, differ[:5]
    assert len(given) > 3000


@pytest.mark.parametrize(
    "fields", [("text",), ("text", "user.name"), ("renamed", "many"), ("TEXT",)]
)
def test_fields_identify_an_event_as_in_python(tmp_path: Path, fields: tuple[str, ...]) -> None:
    data = json.loads(PART.encode())
    data |= {"expr": True, "where": True, "id": list(fields)}
    data["paths"] = {name: list(path) for name, path in SOURCE.renamed.items()}
    pack = pack_of([_json(data)], PART.source)
    events: list[dict[str, Any]] = [
        {}, {"text": "a"}, {"text": "a\U0001f600", "user": {"name": "1:b"}}, {"text": ["x"]},
        {"text": "a", "user.name": 5.0}, {"text": "a", "user.name": None, "user": {"name": "b"}},
        {"from": {"deep": {"place": "p"}}, "many": [None, 7]}, {"many": [1, 2]}, {"text": {}},
        {"TEXT": True}, {"TEXT": 2**64 - 1}, {"text": "\U0001f600" * 1024}, {"text": "a" * 1025},
        {"text": "a", "user.name": "b" * 1017}, {"text": "a", "user.name": "b" * 1016},
    ]  # fmt: skip
    asked = [(pack, regexes([PART]), LETTERS, json.dumps(event).encode()) for event in events]
    wanted = [f"read {event_id(event, fields, SOURCE.renamed)}" for event in events]
    assert says(tmp_path, asked) == wanted
