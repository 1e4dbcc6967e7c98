"""The jar of a pack, and the Java matcher against the evaluator, without a cluster."""

from __future__ import annotations

import io
import json
import struct
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from differential.cases import kept
from differential.seed import SEED
from differential.world import SOURCE, query_of
from java_matcher import group_of, line, taken, write
from tocsin.conformance.gather import gather
from tocsin.conformance.table import cases
from tocsin.errors import Unsupported
from tocsin.events.decode import NotAnEventError, decode
from tocsin.ir.nodes import Compare, Expr, FieldRef, Keyword, Leaf, Op, Regex, Text, Wild
from tocsin.ir.query import Query
from tocsin.ir.text import fold, number_text
from tocsin.pack import Pack, Part
from tocsin_flink_sql.matcher.jar import pack_jar
from tocsin_flink_sql.matcher.java_regex import regexes
from tocsin_flink_sql.matcher.maven import maven

EVIL = Leaf("text", Text((Wild.MANY, "evil", Wild.MANY)))
BATCH = 100
BATCHES = 3
DOUBLES = 3000
CHUNK = 500


def test_the_java_tests_with_the_evaluators_answers(tmp_path: Path) -> None:
    groups = [*table(), *generated(), documents(), letters_of_all_alphabets(), doubles()]
    file = write(tmp_path / "cases.jsonl", groups)
    maven("test", f"-Dtocsin.conformance={file}")


def table() -> Iterator[str]:
    """The contract's cases."""
    for group in gather(case for case in cases() if not case.refused):
        found = {p.query.detection.id: p.query for p in group.placed if isinstance(p.query, Query)}
        if queries := [query for query in found.values() if taken(query)]:
            yield group_of(queries, group.events)


def generated() -> Iterator[str]:
    """Generated detections on events near them; any value in any field."""
    supply = kept(SEED)
    for _ in range(BATCHES):
        batch = list(islice(supply, BATCH))
        queries = [query_of(case.expr, f"d{n}") for n, case in enumerate(batch)]
        yield group_of(
            [query for query in queries if taken(query)],
            [event for case in batch for event in case.events],
        )


DOCUMENTS = [
    *(b"", b" ", b"{", b"{}", b" {} \n", b"{} {}", b"[]", b"[1]", b"null", b'"evil"', b"5", b"-"),
    *(b'{"text":"evil"}', b'{"text":"evil"', b'{"text":"evil",}', b'{"text" "evil"}', b"{text:1}"),
    *(b'{"text":"evil","text":"good"}', b'{"text":"good","text":"evil"}', b'{"text":"evil"}x'),
    *(b'{"user":{"name":"evil"},"user":{"age":1}}', b'{"user":{"name":"evil"},"user":5}'),
    *(b'{"user":{"name":"evil"},"user.name":null}', b'{"user.name":null,"user":{"name":"evil"}}'),
    *(b'{"t\\u0065xt":"\\u0065vil"}', b'{"text":"\\ud83d\\ude00evil"}', b'{"text":"e\\vil"}'),
    *(b'{"text":"\\ud83d evil"}', b'{"text":"\\ude00evil"}', b'{"text":"\\u00zz"}', b'{"a":"\\u"}'),
    *(b'{"text":"a\tevil"}', b'{"text":"a\x00evil"}', b'{"text":"a\x7fevil"}', b'{"text":"evil\\'),
    *(b'{"text":"\xff"}', b'{"text":"\xc0\x80"}', b'{"text":"\xed\xa0\x80"}', b'{"a":"\xc3"}'),
    *(b'{"text":"\xf4\x90\x80\x80"}', b'{"text":"\xf0\x9f\x98\x80evil"}', b'{"\xff":1}'),
    *(b"\xef\xbb\xbf{}", b'{"number":01}', b'{"number":1.}', b'{"number":.5}', b'{"number":+1}'),
    *(b'{"number":1e5}', b'{"number":1E400}', b'{"number":-0}', b'{"number":-0.0}', b'{"n":1e}'),
    *(b'{"number":' + b"9" * 400 + b"}", b'{"number":18446744073709551615}', b'{"a":NaN}'),
    *(b'{"number":-9223372036854775809}', b'{"number":1e-400}', b'{"n":--1}', b'{"n":Infinity}'),
    *(b'{"text":true}', b'{"text":nul}', b'{"text":[null]}', b'{"text":[[],{"a":"evil"}]}'),
    *(b'{"many":["evil",{"a":["deep evil"]}]}', b'{"many":[1,]}', b'{"many":[,1]}', b'{"a":tru}'),
    *(b'{"a":' + b"[" * n + b"]" * n + b"}" for n in (98, 99, 100, 2000)),
    *(b'{"a":' * n + b"1" + b"}" * n for n in (99, 100, 101)),
    *(b'{"map":{"a":"evil","a":"good"}}', b'{"map":{"text":"evil"}}', b'{"":{"":"evil"}}'),
    *(b'{"text":"' + b"x" * n + b'evil"}' for n in (1, 7, 8, 9, 16_380, 16_384, 100_000)),
    *(b'{"text":"' + b"\\\\" * n + b'evil"}' for n in (1, 8_190, 8_192, 9_000)),
]


def documents() -> str:
    """What is an event and what is not; as the worker reads them."""
    evil = EVIL.test
    exprs: list[Expr] = [EVIL, Leaf("user.name", evil), Keyword(evil), Leaf("number", Text(("0",)))]
    exprs += [Leaf("number", Compare(Op.GT, 3)), Leaf("text", Text((Wild.MANY,)))]
    queries = [query_of(expr, f"d{number}") for number, expr in enumerate(exprs)]
    found = [_matches(queries, document) for document in DOCUMENTS]
    assert None in found
    parts = [Part.of(query) for query in queries]
    return line(Pack.of(SOURCE.name, parts).encoded, regexes(parts), DOCUMENTS, found)


def _matches(queries: list[Query], document: bytes) -> list[str] | None:
    try:
        event = decode(document)
    except NotAnEventError:
        return None
    record = json.loads(group_of(queries, [event]))
    ids: list[str] = record["expected"][0]
    return ids


def letters_of_all_alphabets() -> str:
    """Every code point equals its folded form without case, and only then with case."""
    chars = [chr(c) for c in range(1, sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
    some = ["".join(chars[at : at + CHUNK]) for at in range(0, len(chars), CHUNK)]
    events = [{"text": text, "TEXT": fold(text)} for text in some]
    refs = [FieldRef("text", "TEXT", cased=cased) for cased in (False, True)]
    return group_of([query_of(ref, f"d{n}") for n, ref in enumerate(refs)], events)


def doubles() -> str:
    """Texts of doubles of every size: each event tells its own."""
    random = Random(SEED)
    raw = [struct.unpack("<d", random.randbytes(8))[0] for _ in range(DOUBLES)]
    powers = [2.0**n for n in range(-1074, 1023, 7)] + [10.0**n for n in range(-30, 30)]
    found = [n for n in (*raw, *powers, *(round(r % 1e6, 3) for r in raw)) if n - n == 0]
    events = [{"ratio": number, "text": number_text(number)} for number in found]
    return group_of([query_of(FieldRef("ratio", "text", cased=True), "same")], events)


# --- jars -----------------------------------------------------------------------------------------


def jar_of(expr: Expr) -> bytes:
    return pack_jar(Pack.of(SOURCE.name, [Part.of(query_of(expr, "d"))]))


def test_a_jar_has_the_pack_and_the_classes() -> None:
    pack = Pack.of(SOURCE.name, [Part.of(query_of(EVIL, "d"))])
    with zipfile.ZipFile(io.BytesIO(pack_jar(pack))) as jar:
        names = set(jar.namelist())
        assert jar.read("tocsin/pack") == pack.encoded
    assert {"io/tocsin/flink/Match.class", "tocsin/regexes.json", "tocsin/letters.json"} <= names


def test_equal_packs_are_equal_jars() -> None:
    other = replace(EVIL, field="TEXT")
    assert jar_of(EVIL) == jar_of(EVIL)
    assert jar_of(EVIL) != jar_of(other)


def test_what_java_cannot_say_is_refused() -> None:
    with pytest.raises(Unsupported):
        jar_of(Leaf("text", Regex(r"\B")))
