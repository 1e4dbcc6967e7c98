"""What a worker did, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tocsin_matcher import Cost
    from tocsin_runtime.stream.deployment import ReleasedDetections
    from tocsin_runtime.stream.loop import Counters


def report(
    environment: str,
    deployment: ReleasedDetections,
    counters: Counters,
    alerts: Mapping[str, int],
    costs: Mapping[str, Cost],
) -> dict[str, Any]:
    """What a worker did, as one object. `alerts`: how many, by detection."""
    rows = [
        {
            "id": each.described.id,
            "key": each.artifact.key,
            "title": each.described.title,
            "level": each.described.level,
            "source": each.artifact.source,
            "backend": each.artifact.backend,
            "mode": "shadow" if each.described.shadow else "live",
            "matches": counters.matches[each.described.id],
            "without_time": counters.timeless[each.described.id],
            "muted": counters.muted[each.described.id],
            "left_out": counters.left_out_of(each.described.id),
            "alerts": 0 if each.described.shadow else alerts.get(each.described.id, 0),
            **_cost(costs.get(each.described.id)),
        }
        for each in deployment.detections
    ]
    return {
        "environment": environment,
        "release": deployment.release,
        "events": counters.events,
        "dead_letters": counters.dead_letters,
        "matches": counters.matches.total(),
        "detections": rows,
    }


def _cost(cost: Cost | None) -> dict[str, Any]:
    """Events on which a detection had to be evaluated, how long that took, and on how many long."""
    if cost is None:
        return {"candidates": 0, "seconds": 0.0, "slow": 0}
    return {"candidates": cost.candidates, "seconds": round(cost.seconds, 6), "slow": cost.slow}
