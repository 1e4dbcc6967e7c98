"""What is drawn for an audit can be drawn again by anybody."""

from __future__ import annotations

import csv
from dataclasses import replace
from hashlib import sha256
from io import StringIO

import pytest

from small_history import PLAIN, small_history
from tocsin.site.exports.samples import SamplePlan, draw
from tocsin.site.exports.tables import tables
from tocsin.site.history.model import History, Period


def _with_id(id_: str) -> History:
    """The last release's changes are of a detection with this id."""
    history = small_history()
    *others, last = history.releases
    changes = tuple(replace(c, entry=replace(c.entry, id=id_)) for c in last.changes)
    return replace(history, releases=(*others, replace(last, changes=changes)))


@pytest.mark.parametrize("id_", [PLAIN, "=1+1", "a;=b", "-x\u202e", "two\nlines", 'quo"te,'])
def test_anybody_repeats_it_from_the_table(id_: str) -> None:
    history = _with_id(id_)
    [table] = [each for each in tables(history) if each.name == "changes"]
    names = [row["change"] for row in csv.DictReader(StringIO(table.csv().decode("utf-8-sig")))]
    wanted = sorted(names, key=lambda name: sha256(f"2026-Q1\n{name}".encode()).hexdigest())[:3]
    drawn = draw(history, SamplePlan(3, "2026-Q1"))
    assert [each.name for each in drawn] == wanted
    assert drawn == draw(history, SamplePlan(3, "2026-Q1"))


def test_another_seed_draws_others_and_more_is_all() -> None:
    orders = {
        tuple(each.name for each in draw(small_history(), SamplePlan(9, seed))) for seed in "abcdef"
    }
    assert len(orders) > 1
    assert {len(order) for order in orders} == {4}


def test_only_changes_of_the_period_with_their_chain() -> None:
    february = Period("2026-02-01T00:00:00+00:00", "2026-02-28T23:59:59+00:00")
    [drawn] = draw(small_history(february), SamplePlan(25, "1"))
    assert (drawn.name, drawn.release.reason) == (f"2:{PLAIN}", "SOC-17 quieter")
    assert [run.proof.case for run in drawn.runs or ()] == ["fires", "silent"]
    assert drawn.attempts == ()
