"""Mistakes in correlation documents, each at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from correlating import MARK, correlation, load, pointed
from tocsin.ir.correlation import (
    CorrelationType,
)

TEMPORAL, ORDERED = "temporal", "temporal_ordered"
VALUE = "{gte: 3, field: amount}"
# The keys of a correlation, a code, words of message and hint. The finding points at the mark, or
# where there is none at the word `correlation`.
MISTAKES: list[tuple[dict[str, str], str, str, str]] = [
    ({"¦groupby": "[user]"}, "TOC091", "'groupby'", "'group-by'"),
    ({"¦timeframe": "5m"}, "TOC091", "'timeframe'", "'timespan'"),
    ({"¦within": "5m"}, "TOC091", "'within'", "known keys: type, rules"),
    ({"group_by": "[user, ¦5]"}, "TOC091", "takes only text", "quote"),
    ({"group_by": "[user, ¦user]"}, "TOC091", "listed twice", "remove one"),
    ({"group_by": "¦{user: 1}"}, "TOC091", "takes only text", ""),
    ({"generate": "¦yes please"}, "TOC091", "true or false", ""),
    ({"type": ""}, "TOC092", "no `type`", "event_count, value_count"),
    ({"type": "¦ordered_temporal"}, "TOC092", "'ordered_temporal'", "'temporal_ordered'"),
    ({"type": "¦event-count"}, "TOC092", "'event-count'", "'event_count'"),
    ({"type": "¦temporal_extended"}, "TOC092", "'temporal_extended'", "'temporal'"),
    ({"type": "¦5"}, "TOC092", "5", "one of"),
    ({"rules": ""}, "TOC093", "no `rules`", "names or ids"),
    ({"rules": "¦[]"}, "TOC093", "empty", "names or ids"),
    ({"rules": "[a, ¦a]"}, "TOC093", "twice", "remove one"),
    ({"rules": "[a, ¦a, b]", "type": ORDERED, "condition": ""}, "TOC093", "twice", "remove one"),
    ({"rules": "[a, ¦5]"}, "TOC093", "takes only text", "quote"),
    (
        {"rules": "[a, ¦00000000-0000-4000-8000-00000000000a]"},
        "TOC093",
        "the same rule",
        "remove one of the two",
    ),
    ({"rules": "[a, ¦c]"}, "TOC094", "no rule 'c'", "`name` or `id`"),
    ({"rules": "[a, ¦mainn]"}, "TOC094", "no rule 'mainn'", "'main'"),
    ({"rules": "[¦main]"}, "TOC081", "to itself", "remove one"),
    ({"timespan": ""}, "TOC095", "no `timespan`", "10m"),
    ({"timespan": "¦10"}, "TOC095", "not a timespan: 10", "s, m, h, d or w"),
    ({"timespan": "¦0m"}, "TOC095", "must not be zero", "10m"),
    ({"timespan": "¦-5m"}, "TOC095", "not a timespan: -5m", "s, m, h, d or w"),
    ({"timespan": "¦5min"}, "TOC095", "not a timespan: 5min", "s, m, h, d or w"),
    ({"timespan": "¦1.5h"}, "TOC095", "not a timespan: 1.5h", "s, m, h, d or w"),
    ({"timespan": "¦1h30m"}, "TOC095", "not a timespan: 1h30m", "90m"),
    ({"timespan": "¦1M"}, "TOC095", "not a timespan: 1M", "a month has no fixed length"),
    ({"timespan": "¦1y"}, "TOC095", "not a timespan: 1y", "a year has no fixed length"),
    ({"timespan": "¦500ms"}, "TOC095", "not a timespan: 500ms", "s, m, h, d or w"),
    ({"timespan": "¦200000000h"}, "TOC095", "at most 100 years", ""),
    ({"condition": ""}, "TOC096", "needs a `condition`", "gte"),
    ({"condition": "¦5"}, "TOC096", "must be a map", "gte"),
    ({"condition": "¦a and b"}, "TOC096", "must be a map", "only temporal"),
    ({"condition": "¦{}"}, "TOC096", "compares nothing", "gte"),
    ({"condition": "{¦ge: 5, gte: 3}"}, "TOC096", "'ge'", "'gte'"),
    ({"condition": "{¦count: 5, gte: 3}"}, "TOC096", "'count'", "'gte'"),
    ({"condition": "{gte: ¦'5'}"}, "TOC096", "must be a number", "without quotes"),
    ({"condition": "{gte: ¦true}"}, "TOC096", "must be a number", ""),
    ({"condition": "{gte: ¦[5]}"}, "TOC096", "must be a number", ""),
    ({"condition": "{gte: ¦null}"}, "TOC096", "must be a number", ""),
    ({"condition": "{gte: ¦2.5}"}, "TOC096", "whole number", ""),
    ({"condition": "{gte: ¦1000000000000000000}"}, "TOC096", "exactly", "18 digits"),
    ({"condition": "{gte: 3, ¦field: amount}"}, "TOC096", "takes no `field`", "value_count"),
    ({"condition": "{gte: 3, ¦percentile: 5}"}, "TOC096", "no `percentile`", "value_percentile"),
    ({"type": "value_count", "condition": "¦{gte: 3}"}, "TOC096", "needs a `field`", "field:"),
    (
        {"type": "value_count", "condition": "{gte: 3, field: ¦[]}"},
        "TOC096",
        "empty list",
        "name the field",
    ),
    (
        {"type": "value_count", "condition": "{gte: 3, field: ¦5}"},
        "TOC096",
        "takes only text",
        "quote",
    ),
    (
        {"type": "value_sum", "condition": "{gte: 3, field: ¦[amount, price]}"},
        "TOC096",
        "one field",
        "value_count",
    ),
    (
        {"type": "value_sum", "condition": "{gte: ¦0.1234567891, field: amount}"},
        "TOC096",
        "exactly",
        "9 after",
    ),
    (
        {"type": "value_percentile", "condition": f"¦{VALUE}"},
        "TOC096",
        "needs a `percentile`",
        "percentile: 95",
    ),
    (
        {"type": "value_percentile", "condition": "{gte: 3, field: amount, percentile: ¦101}"},
        "TOC096",
        "`percentile` cannot be 101",
        "0 to 100",
    ),
    (
        {"type": "value_percentile", "condition": "{gte: 3, field: amount, percentile: ¦'95'}"},
        "TOC096",
        "must be a number",
        "without quotes",
    ),
    (
        {"type": "value_median", "condition": "{gte: 3, field: amount, ¦percentile: 50}"},
        "TOC096",
        "no `percentile`",
        "value_percentile",
    ),
    ({"type": TEMPORAL, "condition": "a and ¦c"}, "TOC096", "no rule 'c'", "rules: a, b"),
    ({"type": TEMPORAL, "condition": "a and and ¦b"}, "TOC096", "unexpected", "`all of them`"),
    ({"type": TEMPORAL, "condition": "¦a"}, "TOC096", "does not name 'b'", "name every"),
    (
        {"type": TEMPORAL, "condition": "a and b or 1 of ¦x*"},
        "TOC096",
        "matches no rule",
        "rules: a, b",
    ),
    ({"type": TEMPORAL, "condition": "¦[a, b]"}, "TOC096", "must be a map", ""),
    ({"type": TEMPORAL, "condition": "{gte: 2, ¦field: amount}"}, "TOC096", "no `field`", ""),
    ({"type": ORDERED, "condition": "¦a or b"}, "TOC096", "all of its rules", "temporal"),
    ({"type": ORDERED, "condition": "¦{gte: 1}"}, "TOC096", "all of its 2 rules", "temporal"),
    ({"condition": "¦{eq: 0}"}, "TOC097", "can never hold", "at least 1"),
    ({"condition": "¦{lt: 1}"}, "TOC097", "can never hold", "at least 1"),
    ({"condition": "¦{lte: -1}"}, "TOC097", "can never hold", "at least 1"),
    ({"condition": "¦{gt: 5, lt: 6}"}, "TOC097", "can never hold", ""),
    ({"condition": "¦{gte: 5, lte: 6, neq: 5, lt: 6}"}, "TOC097", "can never hold", ""),
    (
        {"type": "value_count", "condition": "¦{eq: 0, field: amount}"},
        "TOC097",
        "can never hold",
        "at least 1",
    ),
    (
        {"type": "value_sum", "condition": "¦{gt: 5, lte: 5, field: amount}"},
        "TOC097",
        "can never hold",
        "exclude each other",
    ),
    (
        {"type": "value_avg", "condition": "¦{eq: 5, neq: 5, field: amount}"},
        "TOC097",
        "can never hold",
        "exclude each other",
    ),
    ({"type": TEMPORAL, "condition": "¦{gte: 3}"}, "TOC097", "can never hold", "from 1 to 2"),
    ({"type": ORDERED, "condition": "¦{gt: 2}"}, "TOC097", "can never hold", "from 1 to 2"),
    (
        {"type": TEMPORAL, "condition": "¦not a and not b"},
        "TOC097",
        "can never hold",
        "at least one",
    ),
    (
        {"type": TEMPORAL, "condition": "¦a and b and not a"},
        "TOC097",
        "can never hold",
        "at least one",
    ),
    ({"aliases": "¦[who]"}, "TOC098", "must be a map", "aliases: {ip"),
    ({"aliases": "{who: ¦user}", "group_by": "[user]"}, "TOC098", "'who'", "aliases: {ip"),
    (
        {"aliases": "{user: {a: ¦5}}", "group_by": "[user]"},
        "TOC098",
        "must be text",
        "aliases: {ip",
    ),
    (
        {"aliases": "{who: {a: user, ¦c: buyer}}", "group_by": "[who]"},
        "TOC098",
        "no rule 'c'",
        "rules: a, b",
    ),
    (
        {
            "aliases": "{who: {a: user, ¦00000000-0000-4000-8000-00000000000a: buyer, b: user}}",
            "group_by": "[who]",
        },
        "TOC098",
        "the same rule",
        "keep one of the two",
    ),
    ({"group_by": "[user, ¦usr]"}, "TOC047", "shop has no field 'usr'", "'user'"),
    ({"group_by": "[¦nothing_like]"}, "TOC047", "'nothing_like'", "add an alias"),
    (
        {"group_by": "[who]", "aliases": "{who: {a: user, b: ¦byer}}"},
        "TOC047",
        "'byer'",
        "'buyer'",
    ),
    ({"group_by": "[¦who]", "aliases": "{who: {a: user}}"}, "TOC047", "'who'", "alias"),
    ({"group_by": "[¦details]"}, "TOC048", "type map", ""),
    (
        {"type": "value_count", "condition": "{gte: 2, field: ¦details}"},
        "TOC048",
        "type map",
        "",
    ),
    ({"type": "value_sum", "condition": "{gte: 2, field: ¦paid}"}, "TOC048", "no numbers", ""),
    ({"type": "value_median", "condition": "{gte: 2, field: ¦time}"}, "TOC048", "no numbers", ""),
    (
        {"type": "value_count", "condition": "{gte: 2, field: [user, ¦amunt]}"},
        "TOC047",
        "'amunt'",
        "'amount'",
    ),
]


@pytest.mark.parametrize(("keys", "code", "message", "hint"), MISTAKES)
def test_mistakes(keys: dict[str, str], code: str, message: str, hint: str, tmp_path: Path) -> None:
    text = correlation(**keys)
    loaded = load(tmp_path, text)
    [found] = loaded.diagnostics
    assert found.code == code
    assert message in found.message
    assert hint in found.hint
    marked = text if MARK in text else text.replace("correlation:", f"{MARK}correlation:")
    assert pointed(found, text) == marked
    assert {query.detection.key for query in loaded.queries} == {"a", "b"}


TOP = [
    ("title: Main\ncorrelation: ¦[a]\n", "TOC091", "must be a map"),
    (correlation() + "¦detection: {s: {action: a}, condition: s}\n", "TOC091", "not both"),
    (correlation() + "generate: ¦maybe\n", "TOC091", "true or false"),
    (correlation(generate="¦true") + "generate: false\n", "TOC091", "two different values"),
    (correlation() + "tocsin: {¦source: shop}\n", "TOC050", "source"),
    (correlation() + "tocsin: {¦onwer: shop}\n", "TOC050", "unknown key"),
    (correlation() + "level: ¦urgent\n", "TOC010", "urgent"),
    (correlation(condition="{gte: ¦010}"), "TOC004", "010"),
    (correlation(condition="{gte: 3, ¦gte: 4}"), "TOC003", "twice"),
]


@pytest.mark.parametrize(("text", "code", "message"), TOP)
def test_mistakes_in_the_document(text: str, code: str, message: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, text)
    found = next(each for each in loaded.diagnostics if each.code == code)
    assert message in found.message
    assert pointed(found, text) == text


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = correlation(
        type="evnt_count", rules="[]", timespan="1M", group_by="[5]", aliases="[]", windw="1"
    )
    codes = [each.code for each in load(tmp_path, text).diagnostics]
    assert sorted(codes) == ["TOC091", "TOC091", "TOC092", "TOC093", "TOC095", "TOC098"]


def test_findings_name_the_rule(tmp_path: Path) -> None:
    text = "id: 00000000-0000-4000-8000-000000000001\n" + correlation(timespan="1M", rules="[c]")
    found = load(tmp_path, text).diagnostics
    assert {each.rule[-1] for each in found} == {"1"}


ODD = ["null", "5", "-1.5", "true", "''", "text", "[]", "{}", "[[]]", "[{}]", "[null]", "{a: null}"]
ODD += ["{a: []}", "{a: {}}", "{a: {a: []}}", "[a, [b]]", "{[a]: b}", "1e400", "*x", "&x [*x]"]
TYPES = list(CorrelationType)


@pytest.mark.parametrize("value", ODD)
def test_any_value_at_any_key_is_answered(value: str, tmp_path: Path) -> None:
    """Whatever stands there, findings come out and no exception; all types take the same way."""
    places = ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"]
    inner = ["gte", "field", "percentile"]
    texts = [correlation(**{key: value}) for key in places]
    texts += [correlation(type=kind, condition=value) for kind in TYPES]
    texts += [
        correlation(type=kind, condition=f"{{gt: 1, {key}: {value}}}")
        for key in inner
        for kind in TYPES
    ]
    texts += [correlation() + f"{key}: {value}\n" for key in ("generate", "logsource", "tocsin")]
    for text in texts:
        loaded = load(tmp_path, text)
        assert all(each.span.line <= text.count("\n") + 1 for each in loaded.diagnostics), text
