"""Networks and RE2 patterns as regular expressions that other engines read."""

import ipaddress

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import Unsupported
from tocsin.ir.cidr import cidr_regex
from tocsin.ir.codepoints import LAST, complement, matched_by
from tocsin.ir.leaf import passes
from tocsin.ir.nodes import Cidr
from tocsin.ir.re2java import re2java

GROUPS = st.sampled_from([0, 0, 0, 1, 0x0A01, 0xFE80, 0xFFFF])


@st.composite
def spellings(draw: st.DrawFn) -> tuple[int, str]:
    """An IPv6 address and a text that is meant to spell it, sometimes wrongly."""
    numbers = draw(st.lists(GROUPS, min_size=8, max_size=8))
    widths = draw(st.lists(st.sampled_from(["{:x}", "{:04x}", "{:X}", "{:02x}"]), min_size=8))
    groups = [width.format(n) for n, width in zip(numbers, widths, strict=False)]
    address = sum(n << (112 - 16 * i) for i, n in enumerate(numbers))
    if draw(st.booleans()):
        groups[6:] = [str(ipaddress.IPv4Address(address & 0xFFFFFFFF))]
    text = ":".join(groups)
    if draw(st.integers(0, 3)):
        start = draw(st.integers(0, len(groups)))
        stop = draw(st.integers(start, len(groups)))
        text = ":".join(groups[:start]) + "::" + ":".join(groups[stop:])
    if not draw(st.integers(0, 5)):
        text += draw(st.sampled_from([":", "%eth0", ".1", " ", "0", "g"]))
    return address, text


@given(spellings(), st.integers(0, 128))
def test_v6_networks_accept_what_the_address_parser_accepts(
    spelled: tuple[int, str], prefix: int
) -> None:
    address, text = spelled
    network = str(ipaddress.ip_network((address, prefix), strict=False))
    found = re2.fullmatch(cidr_regex(network), text) is not None
    assert found is passes(Cidr(network), text)


@given(st.integers(0, 2**32 - 1), st.integers(0, 32), st.integers(0, 2**32 - 1), st.data())
def test_v4_networks(base: int, prefix: int, other: int, data: st.DataObject) -> None:
    network = ipaddress.ip_network((base, prefix), strict=False)
    inside = int(network.network_address) | (other & int(network.hostmask))
    text = str(ipaddress.IPv4Address(data.draw(st.sampled_from([inside, other, base]))))
    text = data.draw(st.sampled_from([text, text, "0" + text, text + ".", "::ffff:" + text]))
    found = re2.fullmatch(cidr_regex(str(network)), text) is not None
    assert found is passes(Cidr(str(network)), text)


def test_no_network_is_an_error() -> None:
    with pytest.raises(ValueError, match="host bits"):
        cidr_regex("10.0.0.1/8")


@pytest.mark.parametrize(
    ("pattern", "flags", "java"),
    [
        (r"a.b$", "", r"a[^\n]b\z"),
        (r"^a.b$", "ims", r"(?:\A|(?<=\n))[Aa](?s:.)[Bb](?=\n|\z)"),
        (r"k", "i", r"[Kk\x{212a}]"),
        (r"(?P<n>\s)(?<m>\d)", "", r"(?:[\t\n\x{c}\r ])(?:[0-9])"),
        (r"x{,5}\v", "", r"x\{\,5\}\x{b}"),
        (r"\Qa.b\E+?", "", r"a\.b+?"),
        (r"[^]a]", "", r"[^\]a]"),
        (r"(?i:a)b|(?i)c", "", r"(?:[Aa])b|[Cc]"),
        ("", "", "(?:)"),
    ],
)
def test_java_patterns(pattern: str, flags: str, java: str) -> None:
    assert re2java(pattern, flags) == java


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [("(", "invalid"), ("(?=a)", "invalid"), (r"\Ca", "re2-syntax"), (r"\B", "re2-syntax")],
)
def test_what_has_no_twin_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(Unsupported) as refused:
        re2java(pattern)
    assert (refused.value.node, refused.value.reason) == ("Regex", reason)


@pytest.mark.parametrize("atom", [r"\pL", ".", "[^a-z]", r"[\x{d000}-\x{e100}]", r"[^\s\S]"])
def test_code_points_are_those_that_re2_matches(atom: str) -> None:
    ranges = matched_by(atom, ignore_case=False)
    asked = [*range(0x300), *range(0xD700, 0xD800), *range(0xE000, 0xE200), 0x1F600, LAST]
    inside = {n for n in asked if any(low <= n <= high for low, high in ranges)}
    assert inside == {n for n in asked if re2.fullmatch(atom, chr(n))}
    assert complement(complement(ranges)) == ranges
