"""The verdict proven by restoring: some edits on each run, all of them in docs/deployments."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from deployments.correlation_edits import edits
from deployments.edit_outcomes import Outcome, expected, outcomes
from deployments.savepoint_trials import Planner, Trial, key, swapping
from tocsin.errors import EngineError
from tocsin.release.state_decision import Fate
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.state.artifact import CorrelationArtifact
from tocsin_flink_sql.state.operator_mapping import adopt

pytestmark = pytest.mark.engine

TRIED = {
    ("event_count", "the bound grows"): Fate.KEEP,
    ("event_count", "the timespan grows"): Fate.REPLAY,
    ("value_percentile", "another percentile"): Fate.REPLAY,
    ("chain", "the bound above"): Fate.KEEP,
}


def test_verdicts_are_what_restoring_shows(endpoints: EngineAddresses, tmp_path: Path) -> None:
    chosen = [edit for edit in edits() if (edit.type, edit.what) in TRIED]
    assert len(chosen) == len(TRIED)
    found = list(outcomes(chosen, endpoints, tmp_path))
    assert {_name(each): each.verdict.fate for each in found} == TRIED
    assert [_told(each) for each in found if not each.right] == []
    assert all(each.expected and each.telling for each in found)


def test_ids_are_adopted_where_a_plan_has_more_nodes(
    endpoints: EngineAddresses, tmp_path: Path
) -> None:
    """A branch more before the window; by its own ids, the plan finds no state there."""
    [edit] = [edit for edit in edits() if edit.what == "two sources: the bound"]
    query, made = edit.before, CorrelationArtifact.of(edit.before)
    with ExitStack() as stack:
        planner = Planner(endpoints, tmp_path, stack, {})
        swap = stack.enter_context(swapping(planner, 2))
        old, new = planner.compiled(query), planner.plan(made, _with_a_branch(made.insert))
        assert len(new.nodes) > len(old.nodes)
        state = swap.savepoints([edit])[key(query)]
        swap.go_on()
        with pytest.raises(EngineError, match="Cannot map checkpoint/savepoint state"):
            swap.start(f"{swap.run}-new-0", query, new, state)
        started = swap.start(f"{swap.run}-new-1", query, adopt(new, old), state)
        trial = swap.finished(Trial(edit, (old, new)), started)
    assert trial.got == expected(edit.before, edit.before)


def _with_a_branch(insert: str) -> str:
    """One branch more of the rows that are looked at, which has none."""
    branch = re.search(r"  SELECT\n(?:(?!SELECT).)*?FROM `base_2`.*?(?=\n\))", insert, re.DOTALL)
    assert branch
    more = f"{branch[0]}\n  UNION ALL\n{branch[0]} AND `~offset` < 0"
    return insert.replace(branch[0], more)


def _name(outcome: Outcome) -> tuple[str, str]:
    return outcome.edit.type, outcome.edit.what


def _told(outcome: Outcome) -> str:
    return f"{_name(outcome)}: {outcome.became}, {outcome.verdict.fate}: {outcome.cause}"
