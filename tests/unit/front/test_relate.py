"""Correlations among rules: references, chains, circles, who alerts."""

from __future__ import annotations

from pathlib import Path

import pytest

from authoring import project, write
from correlating import (
    MARK,
    RULES,
    SOURCE,
    correlation,
    load,
    main_of,
    other,
    pointed,
    the,
)
from tocsin.front.collect import collect
from tocsin.front.project import Project, load_project
from tocsin.front.relate import relate_inferred
from tocsin.ir.query import CorrelationQuery
from tocsin.model.source import Source


def alerting(loaded: Project) -> set[str]:
    return {query.detection.key for query in loaded.queries if query.alerts}


def test_queries_are_sorted_by_key_and_bases_are_silent(tmp_path: Path) -> None:
    loaded = load(tmp_path, correlation(rules="[a]"))
    assert [query.detection.key for query in loaded.queries] == ["a", "b", "main"]
    assert alerting(loaded) == {"b", "main"}
    assert main_of(loaded).bases == loaded.queries[:1]


@pytest.mark.parametrize(
    "text",
    [
        correlation(rules="[a]", generate="true"),
        correlation(rules="[a]") + "generate: true\n",
        correlation(rules="[a]", generate="true") + "generate: true\n",
        correlation(rules="[a]") + other("more", "[a]", generate="true"),
    ],
)
def test_one_that_says_generate_is_enough(text: str, tmp_path: Path) -> None:
    assert {"a", "b", "main"} <= alerting(load(tmp_path, text))


def test_generate_false_is_the_default(tmp_path: Path) -> None:
    assert alerting(load(tmp_path, correlation(generate="false"))) == {"main"}


def test_chains(tmp_path: Path) -> None:
    text = correlation(rules="[low, b]", type="temporal_ordered", condition="")
    loaded = load(tmp_path, text + other("low", "[a]", group_by="[user]"))
    query = main_of(loaded)
    low, b = query.bases
    assert isinstance(low, CorrelationQuery)
    assert [each.detection.key for each in query.events] == ["a", "b"]
    assert (low.alerts, b.alerts, query.alerts) == (False, False, True)
    assert low in loaded.queries


def test_chains_in_any_order_of_files(tmp_path: Path) -> None:
    root = project(tmp_path, {"z.yml": RULES}, SOURCE)
    for n in range(5):
        below = "a" if n == 4 else f"c{n + 1}"
        text = correlation(rules=f"[{below}]").replace("main", f"c{n}").replace("Main", f"C{n}")
        write(root / "rules" / f"{n}.yml", text)
    loaded = load_project(root)
    assert loaded.diagnostics == ()
    assert alerting(loaded) == {"b", "c0"}


def test_the_same_meaning_by_name_and_by_id(tmp_path: Path) -> None:
    by_name = main_of(load(tmp_path / "1", correlation(rules="[a]")))
    rule_id = "00000000-0000-4000-8000-00000000000a"
    by_id = main_of(load(tmp_path / "2", correlation(rules=f"[{rule_id}]")))
    assert by_name.logic == by_id.logic
    assert by_name.logic != main_of(load(tmp_path / "3", correlation(rules="[b]"))).logic


def test_conditions_and_aliases_take_the_name_of_a_rule_listed_by_id(tmp_path: Path) -> None:
    text = correlation(
        type="temporal",
        rules="[00000000-0000-4000-8000-00000000000a, b]",
        condition="a and not b",
        group_by="[who]",
        aliases="{who: {a: user, b: buyer}}",
    )
    assert main_of(load(tmp_path, text)).correlation.group_by[0].fields == ("user", "buyer")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (correlation(rules="[¦main]"), ["to itself"]),
        (
            correlation(rules="[a, ¦x]") + other("x", "[b, ¦main]"),
            ["main → x → main", "x → main → x"],
        ),
        (
            correlation(rules="[¦x]") + other("x", "[¦y]") + other("y", "[a, ¦main]"),
            ["main → x → y → main", "x → y → main → x", "y → main → x → y"],
        ),
    ],
)
def test_circles_are_named(text: str, said: list[str], tmp_path: Path) -> None:
    loaded = load(tmp_path, text)
    assert [found.code for found in loaded.diagnostics] == ["TOC081"] * len(said)
    for words, found in zip(said, loaded.diagnostics, strict=True):
        assert words in found.message
        assert pointed(found, text).replace(MARK, "") == text.replace(MARK, "")
        assert text.splitlines()[found.span.line - 1].count(MARK) == 1
    assert {query.detection.key for query in loaded.queries} == {"a", "b"}


def test_what_waits_for_a_circle_says_so_with_its_other_mistakes(tmp_path: Path) -> None:
    text = correlation(rules="[x, nix]") + other("x", "[y]") + other("y", "[x]")
    found = {(each.code, each.message) for each in load(tmp_path, text).diagnostics}
    assert ("TOC080", "the rule 'x' has errors") in found
    assert ("TOC094", "there is no rule 'nix'") in found
    assert len(found) == 4


@pytest.mark.parametrize(
    ("rules", "source"),
    [
        (RULES.replace("action: a", "act|contain: a"), SOURCE),  # does not parse
        (RULES.replace("action: a", "act: a"), SOURCE),  # has no query
        (RULES.replace("title: A", "title: A\nlevel: urgent"), SOURCE),
    ],
)
def test_a_rule_with_errors_is_told_from_one_that_there_is_not(
    rules: str, source: str, tmp_path: Path
) -> None:
    text = correlation(rules="[¦a, b]")
    loaded = load(tmp_path, text, rules=rules, source=source)
    [found] = [each for each in loaded.diagnostics if each.code == "TOC080"]
    assert pointed(found, text) == text
    assert len(loaded.diagnostics) == 2


def test_a_slug_is_no_name(tmp_path: Path) -> None:
    rules = "title: A\nlogsource: {product: shop, service: audit}\n"
    rules += "detection: {s: {action: a}, condition: s}\n"
    text = correlation(rules="[¦ab]")
    found = the(load(tmp_path, text, rules=rules), "TOC094")
    assert found.hint.endswith("ab.yml has no `name: ab`")
    assert pointed(found, text) == text


def test_fields_of_a_chain_are_those_of_all_its_events(tmp_path: Path) -> None:
    root = project(tmp_path, {}, SOURCE)
    write(root / "sources/web.yml", SOURCE.replace("shop", "web").replace("  buyer: string\n", ""))
    write(root / "rules/a.yml", RULES + "---\n" + RULES.replace("shop", "web").split("---\n")[0]
          .replace("title: A\nname: a", "title: C\nname: c").replace("00a", "00c"))  # fmt: skip
    text = correlation(rules="[low, ¦b]", group_by="[¦buyer]") + other("low", "[a, c]")
    write(root / "rules/main.yml", text.replace(MARK, ""))
    found = the(load_project(root), "TOC047")
    assert found.message == "the source web has no field 'buyer'"
    assert pointed(found, text).count("[¦buyer]") == 1
    text = text.replace("[¦buyer]", "[who]\n  aliases: {who: {low: user, b: buyer}}")
    write(root / "rules/main.yml", text.replace(MARK, ""))
    query = main_of(load_project(root))
    assert [source.name for source in query.sources] == ["shop", "web"]


def test_a_name_of_the_base_alone_is_not_a_field(tmp_path: Path) -> None:
    aliases = "{who: {a: user}}"
    text = correlation(rules="[low]", group_by="[who]")
    text += other("low", "[a]", group_by="[who]", aliases=aliases)
    found = the(load(tmp_path, text), "TOC047")
    assert found.hint == "who is known to low only: add an alias here"


def test_too_many_ways_down_are_refused(tmp_path: Path) -> None:
    """Each level refers twice to the one below: ten levels are a thousand rules."""
    text = correlation(rules="[c8, d8]")
    for n in range(9):
        below = "[a, b]" if n == 0 else f"[c{n - 1}, d{n - 1}]"
        text += other(f"c{n}", below) + other(f"d{n}", below)
    codes = {each.code for each in load(tmp_path, text).diagnostics}
    assert codes == {"TOC093", "TOC080"}


def test_a_scan_relates_without_knowing_fields(tmp_path: Path) -> None:
    text = correlation(rules="[a]", group_by="[anything]") + other("x", "[main, nix]")
    write(tmp_path / "rules.yml", f"{RULES}---\n{text}")
    read = collect([tmp_path])
    related = relate_inferred(read, Source("events", ()), ignore_logsource=True)
    assert [(query.detection.key, query.alerts) for query in related.queries] == [
        ("a", False),
        ("b", True),
        ("main", False),
    ]
    assert [each.code for each in related.diagnostics] == ["TOC094"]


def test_rules_below_a_broken_correlation_stay_silent(tmp_path: Path) -> None:
    write(tmp_path / "rules.yml", f"{RULES}---\n{correlation(rules='[a]', timespan='1M')}")
    related = relate_inferred(collect([tmp_path]), Source("events", ()), ignore_logsource=True)
    assert [(query.detection.key, query.alerts) for query in related.queries] == [
        ("a", False),
        ("b", True),
    ]
