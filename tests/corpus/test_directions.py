"""Labelled edits of SigmaHQ's rules: no answer is wrong, and most are answered."""

from pathlib import Path

import pytest

from bench.directions import outcomes, subjects_of_corpus
from unit.bench.test_directions import unproven

pytestmark = pytest.mark.shared


def test_edits_of_rules_have_the_direction_that_they_are_made_to_have(shared: Path) -> None:
    found = list(outcomes(subjects_of_corpus(shared / "corpus/sigmahq", 600), 100))
    assert len(found) == 100
    assert [each for each in found if each.wrong] == []
    assert sum(each.decided for each in found) >= 95
    assert unproven(found) == []
