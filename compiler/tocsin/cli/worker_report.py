"""What `tocsin worker` tells at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tocsin.cli.output import console, echo_json
from tocsin.escape import printable
from tocsin.ir.stream import LeftOut

if TYPE_CHECKING:
    from tocsin_matcher import Cost
    from tocsin_runtime.stream.deployment import Deployment
    from tocsin_runtime.stream.loop import Counters


def report(
    environment: str,
    deployment: Deployment,
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


def show(report: dict[str, Any], fmt: str) -> None:
    """Print the report, as JSON or for people."""
    if fmt == "json":
        echo_json(report)
        return
    hits = [row for row in report["detections"] if row["matches"]]
    table = Table("level", "detection", "source", "mode", "matches", "new alerts", box=None)
    for row in sorted(hits, key=lambda r: (-r["matches"], r["key"])):
        numbers = (str(row["matches"]), str(row["alerts"]))
        table.add_row(
            *(printable(row[name]) for name in ("level", "title", "source", "mode")), *numbers
        )
    if hits:
        console().print(table)
    for each in report.get("not_run", ()):
        say(
            f"not run: {len(each['detections'])} of {each['source']} ({each['events']} events): "
            f"{each['reason']}"
        )
    for row in report["detections"]:
        if row["without_time"]:
            said = f"{row['without_time']} of {row['matches']} matches tell no time"
            say(f"without time: {row['title']}: {said} that can be read")
        for line in LeftOut(Counter(row["left_out"])).lines():
            say(f"left out: {row['title']}: {line}")
        if again := report.get("repeated", {}).get(row["id"]):
            said = f"{again} of {row['matches']} matches have the alert of another event"
            say(f"one identity: {row['title']}: {said}: see `id` of the source {row['source']}")
        if row["slow"]:
            say(f"slow: {row['title']} took long on {row['slow']} events")
    say(_summary(report))


def _summary(report: dict[str, Any]) -> str:
    said = [
        f"release {report['release']}",
        f"{report['events']} events",
        f"{report['matches']} matches of {len(report['detections'])} detections",
    ]
    if "sink" in report:
        said.append(f"{report['alerts']} new alerts in {report['sink']}")
    if report["dead_letters"]:
        said.append(f"{report['dead_letters']} dead letters")
    return " · ".join(said)


def say(message: str) -> None:
    """A note for people, on stderr."""
    console().print(printable(message), soft_wrap=True)
