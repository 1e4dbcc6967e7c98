"""Which words of a release change, and whether alerts carry them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployments.editions import Edition, compiled
from tocsin.plan.words import IN_ALERTS, IN_RECORD, reworded, words_of

ENTRY = compiled(Edition(1, {"ra": "a"}), "audit").entries[0]


@pytest.mark.parametrize("name", [*IN_ALERTS, *IN_RECORD])
def test_each_word_is_named_with_both_values(name: str) -> None:
    was = getattr(ENTRY, name)
    after = replace(ENTRY, **{name: (*was, "new") if isinstance(was, tuple) else "new"})
    [said] = words_of(after, ENTRY)
    assert said.startswith(f"{name}: ")
    assert said.endswith("new")
    assert reworded(after, ENTRY) == (name in IN_ALERTS)


def test_nothing_is_said_where_nothing_changes_and_long_words_are_cut() -> None:
    assert list(words_of(ENTRY, ENTRY)) == []
    assert not reworded(ENTRY, ENTRY)
    [said] = words_of(replace(ENTRY, description="x" * 99), ENTRY)
    assert said == f"description: none → {'x' * 59}…"
