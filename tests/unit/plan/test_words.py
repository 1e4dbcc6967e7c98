"""Which words of a release change, and whether alerts carry them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployments.editions import Edition, compiled
from tocsin.direction.verdict import Direction, DirectionKind, DirectionWitness, SourceEvent
from tocsin.plan.words import IN_ALERTS, IN_RECORD, direction_words, reworded, words_of

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


LOST = DirectionWitness((SourceEvent("audit", {"user": "x" * 300}),))
GAINED = DirectionWitness((SourceEvent("audit", {"n": 1}), SourceEvent("audit", {"n": 2})))


def test_a_direction_is_told_with_its_witnesses() -> None:
    narrower = list(direction_words(Direction(DirectionKind.NARROWER, LOST)))
    assert narrower[0] == "narrower: weakens"
    assert narrower[1].startswith('no longer matches {"user": "xxx')
    assert narrower[1].endswith("x…")
    both = list(direction_words(Direction(DirectionKind.INCOMPARABLE, LOST, GAINED)))
    assert both[0] == "incomparable: weakens"
    assert both[2] == "now matches 2 events"
    assert list(direction_words(Direction(DirectionKind.EQUAL))) == ["equal"]
    unknown = Direction(DirectionKind.UNKNOWN, reason="it takes too long to find out")
    assert list(direction_words(unknown)) == [
        "direction unknown: counts as weakening (it takes too long to find out)"
    ]
