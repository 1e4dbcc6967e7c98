"""Correlation documents: what they become."""

from __future__ import annotations

from pathlib import Path

import pytest

from correlating import correlation, load, main_of, pointed
from tocsin.diagnostics import Severity
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
