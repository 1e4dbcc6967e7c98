"""Correlations among rules: references, chains, circles, who alerts, whole files of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from authoring import project, write
from correlating import MARK, RULES, SOURCE, correlation, load, main_of, pointed
from tocsin.check import run_checks
from tocsin.cli.main import main_group
from tocsin.diagnostics import Diagnostic, Severity
from tocsin.front.collect import collect
from tocsin.front.project import Project, load_project
from tocsin.front.relate import relate_inferred
from tocsin.ir.query import CorrelationQuery
from tocsin.model.source import Source


def other(name: str, rules: str, **keys: str) -> str:
    """One more document: a correlation of this name."""
    text = correlation(rules=rules, **keys).replace("Main", f"Other {name}")
    return f"---\n{text.replace('name: main', f'name: {name}')}"


def alerting(loaded: Project) -> set[str]:
    return {query.detection.key for query in loaded.queries if query.alerts}


def the(loaded: Project, code: str) -> Diagnostic:
    [found] = loaded.diagnostics
    assert found.code == code
    return found


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


# --- identities ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (correlation() + other("main", "[a]"), "the name main is used twice"),
        (correlation() + other("a", "[b]"), "the name a is used twice"),
        (
            correlation() + "id: 00000000-0000-4000-8000-00000000000a\n",
            "the id 00000000-0000-4000-8000-00000000000a is used twice",
        ),
        (correlation().replace("name: main", "name: ab2"), ""),
    ],
)
def test_names_are_unique_over_rules_and_correlations(
    text: str, message: str, tmp_path: Path
) -> None:
    loaded = load(tmp_path, text)
    said = [each.message for each in loaded.diagnostics if each.code == "TOC040"]
    assert said == ([message] if message else [])


def test_keys_are_unique(tmp_path: Path) -> None:
    files = {"one.yml": correlation().replace("main", "two"), "ab.yml": RULES}
    rule_id = "id: 00000000-0000-4000-8000-000000000001\n"
    files["two.yml"] = correlation().replace("name: main\n", rule_id)
    found = the(load_project(project(tmp_path, files, SOURCE)), "TOC040")
    assert found.message == "the name two is used twice"


FILES: list[tuple[str, dict[str, str]]] = [
    # several documents without names: the last bears the file's name, the others their ids
    (RULES.replace("name: a\n", "").replace("name: b\n", ""), {"…0a": "…0a", "main": "…0b"}),
    # neither name nor id
    (
        "\n".join(line for line in RULES.splitlines() if not line.startswith(("name", "id"))),
        {"main-1": "main-1", "main": "main"},
    ),
    # the correlation stands first, and is still what the file is about
    (
        correlation().replace("name: main\n", "") + f"---\n{RULES}",
        {"main": "main", "a": "…0a", "b": "…0b"},
    ),
    # of two correlations, the one that no other refers to
    (
        correlation(rules="[low]").replace("name: main\n", "")
        + other("low", "[a]")
        + f"---\n{RULES}",
        {"main": "main", "a": "…0a", "b": "…0b", "low": "low"},
    ),
    # a filter is not what a file is about
    (
        RULES.replace("name: b\n", "")
        + "---\ntitle: F\nfilter: {rules: [a], s: {action: x}, condition: not s}\n",
        {"a": "…0a", "main": "…0b"},
    ),
]


@pytest.mark.parametrize(("text", "keys"), FILES)
def test_keys_of_several_documents(text: str, keys: dict[str, str], tmp_path: Path) -> None:
    loaded = load_project(project(tmp_path, {"main.yml": text}, SOURCE))
    assert [each for each in loaded.diagnostics if each.severity is Severity.ERROR] == []

    def short(name: str) -> str:
        return name.replace("00000000-0000-4000-8000-0000000000", "…")

    found = {short(q.detection.key): short(q.detection.id) for q in loaded.queries}
    assert found == keys


def test_cases_beside_a_file_belong_to_its_correlation(tmp_path: Path) -> None:
    text = correlation() + f"---\n{RULES}"
    cases = "cases: [{name: x, events: [{at: 0s}], expect: {alerts: 0}}]\n"
    files = {"main.yml": text, "main.test.yml": cases}
    loaded = load_project(project(tmp_path, files, SOURCE))
    counts = {query.detection.key: len(query.detection.cases) for query in loaded.queries}
    assert counts == {"main": 1, "a": 0, "b": 0}


# --- filters, and rule sets without a project ---------------------------------------------------


def test_filters_apply_to_the_rules_of_a_correlation(tmp_path: Path) -> None:
    text = correlation(rules="[a]")
    filtered = "---\ntitle: F\nfilter: {rules: [a], s: {user: x}, condition: not s}\n"
    bare, loaded = load(tmp_path / "1", text), load(tmp_path / "2", text + filtered)
    assert main_of(bare).logic != main_of(loaded).logic
    assert "user" in main_of(loaded).fields


def test_a_filter_on_a_correlation_is_an_error(tmp_path: Path) -> None:
    text = correlation(rules="[a]")
    text += "---\ntitle: F\nfilter: {rules: [b, ¦main], s: {user: x}, condition: not s}\n"
    found = the(load(tmp_path, text), "TOC044")
    assert found.hint == "filter its rules: a"
    assert pointed(found, text) == text


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


# --- checks -------------------------------------------------------------------------------------


def test_checks_ask_nothing_of_what_raises_no_alerts(tmp_path: Path) -> None:
    found = run_checks(load(tmp_path, correlation(rules="[a, b]")))
    assert {each.code for each in found if each.rule != "main"} == set()
    assert {"TOC101", "TOC102", "TOC103", "TOC105", "TOC106", "TOC115", "TOC116"} == {
        each.code for each in found
    }


@pytest.mark.parametrize(
    ("times", "expect", "codes"),
    [
        (["0s", "10m", "10m"], "{alerts: 1}", set()),
        (["0s", "5m", "601s"], "{alerts: 1}", {"TOC113"}),
        (["0s", "5m"], "{events: [1]}", {"TOC113"}),
        (["0s", "5m"], "{alerts: 0}", set()),
        (["0s", "1s", "2s"], "{alerts: 7}", {"TOC113"}),
        (["0s", "1s", "2s"], "{alerts: 6}", set()),
    ],
)
def test_cases_that_no_window_holds(
    times: list[str], expect: str, codes: set[str], tmp_path: Path
) -> None:
    events = "".join(f"{{at: {time}, action: a}}, " for time in times)
    text = (
        correlation() + f"tocsin: {{tests: [{{name: x, events: [{events}], expect: {expect}}}]}}\n"
    )
    found = {each.code for each in run_checks(load(tmp_path, text))}
    assert found & {"TOC113"} == codes


def test_two_correlations_of_the_same_meaning(tmp_path: Path) -> None:
    text = correlation() + other("twin", "[a, b]")
    [found] = [each for each in run_checks(load(tmp_path, text)) if each.code == "TOC108"]
    assert text.splitlines()[found.span.line - 1] == "correlation:"


# --- tocsin validate ----------------------------------------------------------------------------


def validated(*paths: Path) -> tuple[int, list[dict[str, str]]]:
    words = ["validate", "--format", "json", *map(str, paths)]
    result = CliRunner().invoke(main_group, words)
    return result.exit_code, json.loads(result.stdout)


def test_validate_finds_references_in_any_folder(tmp_path: Path) -> None:
    rules = write(tmp_path / "rules.yml", RULES)
    main = write(tmp_path / "main.yml", correlation(rules="[a, c]"))
    code, found = validated(tmp_path)
    assert (code, [each["code"] for each in found]) == (1, ["TOC094"])
    assert validated(rules, main) == (code, found)
    assert len(validated(main)[1]) == 2


def test_validate_of_one_file_knows_the_rules_of_its_project(tmp_path: Path) -> None:
    files = {"ab.yml": RULES, "main.yml": correlation(), "bad.yml": correlation(rules="[nix]")}
    files["bad.yml"] = files["bad.yml"].replace("main", "bad")
    root = project(tmp_path, files, SOURCE)
    for paths in (["rules/main.yml"], ["rules/ab.yml", "rules/main.yml"]):
        code, found = validated(*(root / path for path in paths))
        assert code == 0
        assert {each["file"] for each in found} <= {str(root / path) for path in paths}
    code, found = validated(root / "rules")
    assert code == 1
    assert [each["code"] for each in found if each["severity"] == "error"] == ["TOC094"]
