"""What a plan puts right besides what it changes, as the ledger records it."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.plan.steps import Deploy, Discard, Mend, Plan, Repair
from tocsin.state.ledger_event import MOST_LISTED, DriftMended


def mended(plan: Plan) -> tuple[DriftMended, ...]:
    """The event of it; none where nothing was wrong."""
    found = list(_mended(plan))
    if not found:
        return ()
    release = plan.base_number + 1
    return (DriftMended(release=release, number=len(found), mended=tuple(found[:MOST_LISTED])),)


def _mended(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        if isinstance(step, Mend):
            yield step.finding.words
        elif isinstance(step, Discard) and step.why == "foreign":
            yield f"foreign: {step.path}"
        elif isinstance(step, Deploy | Repair) and step.drift:
            yield f"{step.drift}: {step.after.key}"
