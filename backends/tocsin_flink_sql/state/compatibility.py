"""What happens to the state of a correlation that changes.

Kept state must be right twice: by the compiled plans, each operator finds state that it can read;
by the meaning, what is in it is just what the new version would have put there.
"""

from __future__ import annotations

from collections.abc import Callable

from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.state.artifact import CorrelationArtifact
from tocsin_flink_sql.state.compiled_plan import CompiledPlan
from tocsin_flink_sql.state.operator_mapping import map_operators
from tocsin_flink_sql.state.schema_diff import SchemaDiff, changed, span_text

CompiledPlans = Callable[[], tuple[CompiledPlan, CompiledPlan]]
"""The compiled plans of the old version and of the new one; asked for if they matter."""


def verdict(before: bytes, after: bytes, wish: str, plans: CompiledPlans) -> StateDecision:
    """The fate of the state; `wish` is the author's `on_change`, or empty.

    Raises ValueError for bytes that are no artifact of a correlation.
    """
    old, new = CorrelationArtifact.decode(before), CorrelationArtifact.decode(after)
    change = changed(old, new)
    if wish == Fate.RESET:
        return _reset(new, change)
    if wish == Fate.REPLAY or (change.why and wish != Fate.KEEP):
        return _replay(new, change.why or change.kept)
    reason = change.impossible or _unfit(plans, change)
    if wish == Fate.KEEP:
        return _kept_by_wish(new, change, reason)
    return _replay(new, reason) if reason else StateDecision(Fate.KEEP, change.kept)


def _kept_by_wish(new: CorrelationArtifact, change: SchemaDiff, reason: str) -> StateDecision:
    """As the author asks: refused where nothing could be restored, else the risk is said."""
    if reason:
        problem = f"its state cannot be kept: {reason}; `on_change: replay` reads events again"
        return StateDecision(Fate.KEEP, reason, problem=problem)
    if not change.why:
        return StateDecision(Fate.KEEP, change.kept)
    span = new.shape.reach_ms
    why = f"{change.why}; for {span_text(span)} windows hold what the old version put there"
    return StateDecision(Fate.KEEP, why, risk_ms=span)


def _reset(new: CorrelationArtifact, change: SchemaDiff) -> StateDecision:
    span = new.shape.reach_ms
    why = f"{change.why or change.kept}; windows start empty, as the detection asks"
    return StateDecision(Fate.RESET, why, risk_ms=span)


def _replay(new: CorrelationArtifact, why: str) -> StateDecision:
    lateness = max(each.lateness_ms or 0 for each in new.inputs)
    return StateDecision(Fate.REPLAY, why, replay_ms=new.shape.reach_ms + lateness)


def _unfit(plans: CompiledPlans, change: SchemaDiff) -> str:
    """Why the compiled plans cannot share state; empty if they can."""
    old, new = plans()
    found = map_operators(new, old)
    if found.added:
        return "windows of the new job hold other columns or figures"
    if found.unmapped:
        return "the old job has state that the new one has no operator for"
    return "a window of the new job reaches further back" if found.grown and not change.why else ""
