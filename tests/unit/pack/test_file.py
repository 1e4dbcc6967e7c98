"""The pack's file: one line a detection, a digest that the artifacts alone tell, clear refusals."""

import json
from dataclasses import replace

import pytest

from sql_cases import query
from tocsin.canonical import digest_bytes
from tocsin.ir.nodes import Compare, Expr, IsNull, Leaf, Op, Text, Wild, all_of, negate
from tocsin.model.source import Column, FieldType, Source
from tocsin.pack import Pack, Part
from tocsin.pack.diff import PackDiff
from tocsin.pack.file import pack_digest

SOURCE = Source("audit", (Column("a", FieldType.STRING, ("a",)),), topic="audit.events")
NOISE = Leaf("a", Text((Wild.MANY, "noise", Wild.MANY)))
EXPRS: dict[str, Expr] = {
    "b": all_of([Leaf("a", Text(("x",))), negate(NOISE)]),
    "a": IsNull("a"),
    "c": Leaf("a", Compare(Op.GT, 5)),
}


def parts(**changed: Expr) -> list[Part]:
    return [Part.of(query(expr, SOURCE, name)) for name, expr in {**EXPRS, **changed}.items()]


def pack(**changed: Expr) -> Pack:
    return Pack.of("audit", parts(**changed))


def test_the_order_of_the_parts_makes_no_difference() -> None:
    assert Pack.of("audit", reversed(parts())).encoded == pack().encoded
    assert [part.detection for part in pack().parts] == ["a", "b", "c"]


def test_it_comes_back_exactly() -> None:
    again = Pack.decode(pack().encoded)
    assert again == pack()
    assert again.digest == pack().digest
    assert repr(again.parts) == repr(pack().parts)


def test_the_digest_is_that_of_the_parts_digests() -> None:
    digests = [digest_bytes(part.encode()) for part in pack().parts]
    assert pack().digest == pack_digest(digests)
    assert json.loads(pack().encoded.split(b"\n")[0])["digest"] == pack().digest


def test_a_change_touches_its_own_line_and_the_first() -> None:
    before = pack().encoded.split(b"\n")
    after = pack(b=Leaf("a", Text(("y",)))).encoded.split(b"\n")
    assert [n for n, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]] == [
        0,
        2,
    ]
    less = Pack.of("audit", [part for part in parts() if part.detection != "a"])
    assert less.encoded.split(b"\n")[1:] == before[2:]


def test_integers_and_doubles_are_different_packs() -> None:
    assert pack(c=Leaf("a", Compare(Op.GT, 5.0))).digest != pack().digest


def test_what_is_no_pack_is_refused_with_words() -> None:
    good = pack().encoded
    first, rest = good.split(b"\n", 1)
    header = json.loads(first)

    def with_header(**changes: object) -> bytes:
        return json.dumps({**header, **changes}).encode() + b"\n" + rest

    for data, message in [
        (b"", "first line is not JSON"),
        (b"[]\n", "lacks `form`"),
        (with_header(form=3), "form 3 of packs"),
        (with_header(parts=2), "says 2 detections, there are 3"),
        (with_header(digest="0" * 64), "digest in its first line"),
        (good[:-1], "cut off"),
        (good.replace(b"noise", b"voice"), "digest in its first line"),
    ]:
        with pytest.raises(ValueError, match=message):
            Pack.decode(data)


def test_a_damaged_line_is_named() -> None:
    bad = parts()[0].encode().replace(b'"text"', b'"test"')
    digest = pack_digest([digest_bytes(bad)])
    first = {"form": 2, "source": "audit", "parts": 1, "digest": digest}
    header = json.dumps(first, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(ValueError, match=r"line 2: leaves\[0\]: unknown leaf 'test'"):
        Pack.decode(header + b"\n" + bad + b"\n")


def test_two_parts_of_one_detection_or_of_another_source_are_refused() -> None:
    with pytest.raises(ValueError, match="detection b is there twice"):
        Pack.of("audit", [*parts(), parts()[0]])
    with pytest.raises(ValueError, match="detection b is of source other"):
        Pack.of("audit", [replace(parts()[0], source="other")])


def test_the_difference_counts_what_is_added_removed_changed_and_kept() -> None:
    before = {"a": "1", "b": "2", "c": "3", "d": "4"}
    diff = PackDiff.of("kafka-filter", "audit", before, {"a": "1", "b": "9", "e": "5"})
    assert (diff.added, diff.removed, diff.changed, diff.kept) == (("e",), ("c", "d"), ("b",), 1)
    assert diff.before == pack_digest(["1", "2", "3", "4"])
    assert PackDiff.of("kafka-filter", "audit", {}, before).before == ""
