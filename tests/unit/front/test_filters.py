"""Filters of rules that correlations refer to."""

from __future__ import annotations

from pathlib import Path

from correlating import (
    correlation,
    load,
    main_of,
    pointed,
    the,
)


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
