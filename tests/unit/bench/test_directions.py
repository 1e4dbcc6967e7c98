"""Labelled edits of our own detections: no answer is wrong, and most are answered."""

from __future__ import annotations

from bench.contenders import ROOT
from bench.directions import Outcome, outcomes, outcomes_of_correlations, subjects_of_ours, table
from tocsin.direction.verdict import DirectionKind
from tocsin.front.project import load_project


def unproven(found: list[Outcome]) -> list[Outcome]:
    """Answers without the witnesses that they need."""
    lost = {DirectionKind.NARROWER, DirectionKind.INCOMPARABLE}
    gained = {DirectionKind.WIDER, DirectionKind.INCOMPARABLE}
    return [
        each
        for each in found
        if each.decided
        and (
            bool(each.said.lost) is not (each.said.kind in lost)
            or bool(each.said.gained) is not (each.said.kind in gained)
        )
    ]


def test_edits_of_detections() -> None:
    found = list(outcomes(subjects_of_ours(), 60))
    assert len(found) == 60
    assert [each for each in found if each.wrong] == []
    assert sum(each.decided for each in found) >= 57
    assert unproven(found) == []
    assert table(found).splitlines()[-1].startswith("| **all** | 60 |")


def test_edits_of_correlations() -> None:
    found = list(outcomes_of_correlations(load_project(ROOT / "detections")))
    assert len(found) > 80
    assert [each for each in found if each.wrong] == []
    assert sum(each.decided for each in found) >= 0.95 * len(found)
    assert unproven(found) == []
