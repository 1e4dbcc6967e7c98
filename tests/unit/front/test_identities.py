"""Names, ids and keys of documents, several in a file and over files."""

from __future__ import annotations

from pathlib import Path

import pytest

from authoring import project
from correlating import (
    RULES,
    SOURCE,
    correlation,
    load,
    other,
    the,
)
from tocsin.diagnostics import Severity
from tocsin.front.project import load_project


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
