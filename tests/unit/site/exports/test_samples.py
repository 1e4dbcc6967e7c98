"""What is drawn for an audit can be drawn again by anybody."""

from __future__ import annotations

from hashlib import sha256

from small_history import PLAIN, small_history
from tocsin.site.exports.samples import SamplePlan, draw
from tocsin.site.history.model import Period


def test_anybody_can_repeat_it() -> None:
    history = small_history()
    names = [f"{r.number}:{c.entry.id}" for r in history.releases for c in r.changes]
    wanted = sorted(names, key=lambda name: sha256(f"2026-Q1\n{name}".encode()).hexdigest())[:2]
    drawn = draw(history, SamplePlan(2, "2026-Q1"))
    assert [each.name for each in drawn] == wanted
    assert drawn == draw(history, SamplePlan(2, "2026-Q1"))


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
