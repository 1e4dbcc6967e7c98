"""Texts, numbers, patterns and modifiers against other ways to compute the same."""

import ipaddress
import json
import math
import re
from base64 import b64encode
from decimal import Decimal
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from property.expressions import FIELDS, events, numbers, patterns, texts
from tocsin.front.encode import DASHES, base64offset, settle, wide, windash
from tocsin.front.pattern import normal, parse_pattern
from tocsin.ir.cidr import cidr_regex
from tocsin.ir.evaluate import evaluate
from tocsin.ir.leaf import glob, passes, regex
from tocsin.ir.nodes import Cidr, Compare, Keyword, Leaf, Op, Pattern, Text, Wild
from tocsin.ir.text import fold, lookup, number_text, parse_number, scalars
from tocsin.ir.text import texts as text_forms
from tocsin.scan.infer import VALUES, infer

anything = st.text()


@given(anything, anything)
def test_folding_a_whole_is_folding_its_parts(one: str, other: str) -> None:
    assert fold(one + other) == fold(one) + fold(other)
    assert len(fold(one)) == len(one)
    assert fold(fold(one)) == fold(one)


@given(patterns, texts)
def test_patterns_against_regular_expressions(pattern: Pattern, text: str) -> None:
    signs = {Wild.MANY: ".*", Wild.ONE: "."}
    parts = (re.escape(p) if isinstance(p, str) else signs[p] for p in pattern)
    assert glob(pattern, text) is bool(re.fullmatch("".join(parts), text, re.DOTALL))


@given(st.lists(st.one_of(texts, st.sampled_from([Wild.MANY, Wild.ONE])), max_size=6), texts)
def test_normal_form_means_the_same(parts: list[Any], text: str) -> None:
    signs = {Wild.MANY: ".*", Wild.ONE: "."}
    written = "".join(re.escape(p) if isinstance(p, str) else signs[p] for p in parts)
    assert glob(normal(parts), text) is bool(re.fullmatch(written, text, re.DOTALL))
    assert normal(normal(parts)) == normal(parts)


@given(texts)
def test_an_escaped_text_is_itself(text: str) -> None:
    escaped = re.sub(r"[*?\\]", r"\\\g<0>", text)
    assert parse_pattern(escaped) == normal([text])


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_of_64_bits_are_exact(number: int) -> None:
    assert number_text(number) == str(number)
    assert parse_number(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1e21)
@example(math.nextafter(1e21, 0))
@example(5e-324)
def test_doubles_are_read_back(number: float) -> None:
    text = number_text(number)
    assert float(text) == number
    assert abs(number) >= 1e21 or "e" not in text
    assert not text.endswith(".0")
    assert text != "-0"


@given(numbers)
def test_json_makes_no_difference(number: float) -> None:
    assert number_text(json.loads(json.dumps(number))) == number_text(number)


@given(numbers, numbers)
def test_comparisons_are_exact_or_of_doubles(one: float, other: float) -> None:
    left, right = (parse_number(number_text(n)) for n in (one, other))
    assert left is not None
    assert right is not None
    exact = isinstance(left, int) and isinstance(right, int)
    a, b = (Decimal(n) if exact else Decimal(float(n)) for n in (left, right))
    event = {"f": one}
    for op, holds in ((Op.GT, a > b), (Op.GTE, a >= b), (Op.LT, a < b), (Op.LTE, a <= b)):
        assert evaluate(Leaf("f", Compare(op, right)), event) is holds


@given(st.binary(max_size=5), st.text(min_size=2, max_size=8), st.binary(max_size=5))
def test_base64offset_finds_its_text_at_every_offset(head: bytes, text: str, tail: bytes) -> None:
    """Some variant is in the Base64 text of anything that contains the text."""
    encoded = b64encode(head + text.encode() + tail).decode()
    variants = [settle(v) for v in base64offset(normal([text]))]
    assert any(variant[0] in encoded for variant in variants)


@given(st.binary(max_size=5), st.text("abcXYZ $-", min_size=1, max_size=8), st.binary(max_size=5))
def test_wide_base64offset_too(head: bytes, text: str, tail: bytes) -> None:
    encoded = b64encode(head + text.encode("utf-16-le") + tail).decode()
    [data] = wide(normal([text]))
    assert any(settle(variant)[0] in encoded for variant in base64offset(data))


@given(st.text("ab -/*\u2013", max_size=12))
def test_windash_variants_differ_in_dashes_alone(text: str) -> None:
    if sum(c in DASHES for c in text) > 4:
        return
    pattern = normal([text])
    variants = [settle(v) for v in windash(pattern)]
    assert pattern in variants
    assert len(set(variants)) == len(variants)
    plain = str.maketrans(dict.fromkeys(DASHES, "-"))
    for variant in variants:
        [changed] = variant or ("",)
        assert isinstance(changed, str)
        assert changed.translate(plain) == text.translate(plain)


@given(st.ip_addresses(), st.data())
def test_networks_against_their_regular_expression(address: Any, data: st.DataObject) -> None:
    longest = address.max_prefixlen
    prefix = data.draw(st.integers(0, longest))
    network = str(ipaddress.ip_network((address, prefix), strict=False))
    flipped = int(address) ^ (1 << data.draw(st.integers(0, longest - 1)))
    other = type(address)(flipped)
    pattern = regex(rf"\A(?:{cidr_regex(network)})\z")
    for each in (address, other):
        for text in (str(each), each.exploded, each.exploded.upper()):
            inside = each in ipaddress.ip_network(network)
            assert passes(Cidr(network), text) is inside
            assert (pattern.search(text) is not None) is inside


@given(events)
def test_inferred_rows_keep_text_forms(event: dict[str, Any]) -> None:
    """Whatever types are inferred, a rule sees in a row what it sees in the event."""
    others: list[dict[str, Any]] = [{"f": 1, "g": True, "a": {"b": "x"}}, {"f": [1], "a.b": 2}]
    for batch in ([event], [event, *others]):
        _, rows = infer(FIELDS, batch, keywords=True)
        assert rows[0][VALUES] == list(scalars(event))
        for field in FIELDS:
            assert text_forms(rows[0].get(field)) == text_forms(lookup(event, field))


@given(events, texts)
def test_keywords_search_every_scalar_and_no_key(event: dict[str, Any], word: str) -> None:
    keyword = Keyword(Text((Wild.MANY, fold(word), Wild.MANY) if word else (Wild.MANY,)))
    assert evaluate(keyword, event) is any(fold(word) in fold(text) for text in scalars(event))
    assert evaluate(keyword, {"wrapped": [event]}) is evaluate(keyword, event)
