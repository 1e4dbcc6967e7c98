"""What `tocsin worker` tells at its end."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.table import Table

from tocsin.cli.output import console, echo_json, say
from tocsin.escape import printable
from tocsin.ir.stream import LeftOut


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
