"""Correlation documents: what they become, and every mistake at its place."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from correlating import MARK, correlation, load, main_of, pointed
from tocsin.diagnostics import Severity
from tocsin.front.presence import satisfiable
from tocsin.front.sigma import ConditionError
from tocsin.ir.correlation import (
    Absent,
    Bound,
    BoundOp,
    Correlation,
    CorrelationType,
    Every,
    Occurs,
    Presence,
    Ref,
    Some,
)

A, B = Occurs(0), Occurs(1)


def built(tmp_path: Path, **keys: str) -> Correlation:
    return main_of(load(tmp_path, correlation(**keys))).correlation


def test_a_correlation_whole(tmp_path: Path) -> None:
    query = main_of(
        load(
            tmp_path,
            "title: Main\nname: main\nid: 00000000-0000-4000-8000-000000000001\n"
            "status: test\nlevel: high\ntags: [attack.t1110]\nfalsepositives: None that we know\n"
            "correlation:\n  type: value_count\n"
            "  rules: [a, 00000000-0000-4000-8000-00000000000b]\n"
            "  group-by: [who, action]\n  aliases: {who: {a: user, b: buyer}}\n"
            "  timespan: 2w\n  condition: {gte: 2, lt: 10.0, field: [amount, who]}\n"
            "tocsin: {owner: shop, deploy: {prod: shadow}}\n",
        )
    )
    assert query.correlation == Correlation(
        CorrelationType.VALUE_COUNT,
        2,
        14 * 86_400_000,
        (Ref("who", ("user", "buyer")), Ref("action", ("action", "action"))),
        (Bound(BoundOp.GTE, "2"), Bound(BoundOp.LT, "10")),
        None,
        (Ref("amount", ("amount", "amount")), Ref("who", ("user", "buyer"))),
    )
    assert [base.detection.key for base in query.bases] == ["a", "b"]
    detection = query.detection
    assert (detection.id[-1], detection.key, detection.meta.owner) == ("1", "main", "shop")
    assert detection.meta.falsepositives == ("None that we know",)
    assert detection.deploy == {"prod": "shadow"}
    assert str(detection.logsource) == "(empty log source)"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("5", "5"),
        ("+5", "5"),
        ("5.0", "5"),
        ("-0.250", "-0.25"),
        ("-0.0", "0"),
        ("1.5e+3", "1500"),
        ("100", "100"),
        ("123456789012345678.123456789", "123456789012345678.123456789"),
        ("999999999999999999", "999999999999999999"),
    ],
)
def test_numbers_are_exact_and_canonical(written: str, number: str, tmp_path: Path) -> None:
    condition = f"{{gt: {written}, field: amount}}"
    found = built(tmp_path, type="value_sum", condition=condition)
    assert found.bounds == (Bound(BoundOp.GT, number),)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("1s", 1000), ("90m", 5_400_000), ("2h", 7_200_000), ("1d", 86_400_000), ("1w", 604_800_000)],
)
def test_timespans(text: str, milliseconds: int, tmp_path: Path) -> None:
    assert built(tmp_path, timespan=text).timespan_ms == milliseconds


@pytest.mark.parametrize(
    ("condition", "presence"),
    [
        ("", Every((A, B))),
        ("a and b", Every((A, B))),
        ("a or b", Some((A, B))),
        ("a and not b", Every((A, Absent(B)))),
        ("not (a and b)", Absent(Every((A, B)))),
        ("1 of them", Some((A, B))),
        ("all of *", Every((A, B))),
        ("b and 1 of a*", Every((B, A))),
        ("a and not 00000000-0000-4000-8000-00000000000b", Every((A, Absent(B)))),
        ("a and (b or not a)", Every((A, Some((B, Absent(A)))))),
    ],
)
def test_temporal_conditions(condition: str, presence: Presence, tmp_path: Path) -> None:
    found = built(tmp_path, type="temporal", condition=condition)
    assert (found.presence, found.bounds) == (presence, ())


def test_a_temporal_number_counts_rules(tmp_path: Path) -> None:
    found = built(tmp_path, type="temporal", condition="{gte: 1, neq: 2}")
    assert found.presence is None
    assert found.bounds == (Bound(BoundOp.GTE, "1"), Bound(BoundOp.NEQ, "2"))


def test_without_rules_a_condition_names_them(tmp_path: Path) -> None:
    query = main_of(load(tmp_path, correlation(type="temporal", rules="", condition="b and not a")))
    assert [base.detection.key for base in query.bases] == ["b", "a"]
    assert query.correlation.presence == Every((A, Absent(B)))


@pytest.mark.parametrize(
    "condition", ["", "{gte: 2}", "{eq: 2}", "{gt: 1}", "b and a", "all of them"]
)
def test_an_ordered_correlation_takes_all_its_rules(condition: str, tmp_path: Path) -> None:
    found = built(tmp_path, type="temporal_ordered", condition=condition)
    assert (found.presence, found.bounds, found.rules) == (None, (), 2)


def test_an_alias_that_leaves_out_a_rule_means_the_field_of_its_name(tmp_path: Path) -> None:
    found = built(tmp_path, group_by="[user]", aliases="{user: {b: buyer}}")
    assert found.group_by == (Ref("user", ("user", "buyer")),)


def test_one_rule_and_one_group_may_stand_without_brackets(tmp_path: Path) -> None:
    found = built(tmp_path, rules="a", group_by="user")
    assert (found.rules, found.group_by) == (1, (Ref("user", ("user",)),))


def test_percentiles(tmp_path: Path) -> None:
    condition = "{gte: 2.5, field: price, percentile: 99.50}"
    assert built(tmp_path, type="value_percentile", condition=condition).percentile == "99.5"


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (correlation() + "¦logsource: {product: shop}\n", "`logsource`"),
        (correlation(aliases="{¦who: {a: user}}"), "'who'"),
    ],
)
def test_what_has_no_effect_is_a_warning(text: str, message: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, text)
    [found] = loaded.diagnostics
    assert (found.code, found.severity) == ("TOC099", Severity.WARNING)
    assert message in found.message
    assert pointed(found, text) == text
    assert "main" in {query.detection.key for query in loaded.queries}


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


def test_a_condition_that_is_hard_to_decide_is_refused() -> None:
    """Seven guests in six rooms, nobody shares: no room is left, but that takes long to see."""
    guests, rooms = 7, 6
    housed = [Some(tuple(Occurs(g * rooms + r) for r in range(rooms))) for g in range(guests)]
    alone = [
        Absent(Every((Occurs(g * rooms + r), Occurs(h * rooms + r))))
        for r in range(rooms)
        for g, h in combinations(range(guests), 2)
    ]
    with pytest.raises(ConditionError, match="too complex"):
        satisfiable(Every((*housed, *alone)), guests * rooms)


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
