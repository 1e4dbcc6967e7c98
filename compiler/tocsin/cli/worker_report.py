"""What `tocsin worker` tells at its end."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tocsin.cli.output import echo_json, say
from tocsin.cli.table import print_table
from tocsin.escape import printable
from tocsin.ir.stream import LeftOut
from tocsin.plural import plural

_HEAD = ("level", "detection", "source", "mode", "matches", "new alerts")


def show(report: dict[str, Any], fmt: str) -> None:
    """Print the report, as JSON or for people."""
    if fmt == "json":
        echo_json(report)
        return
    hits = [row for row in report["detections"] if row["matches"]]
    if hits:
        ordered = sorted(hits, key=lambda row: (-row["matches"], row["key"]))
        print_table(_HEAD, [_row(row) for row in ordered], err=True)
    for each in report.get("not_run", ()):
        say(
            f"not run: {len(each['detections'])} of {each['source']} "
            f"({plural(each['events'], 'event')}): "
            f"{each['reason']}"
        )
    for row in report["detections"]:
        if row["without_time"]:
            said = f"{row['without_time']} of {row['matches']} matches have no time"
            say(f"without time: {row['title']}: {said} that can be read")
        for line in LeftOut(Counter(row["left_out"])).lines():
            say(f"left out: {row['title']}: {line}")
        if again := report.get("repeated", {}).get(row["id"]):
            said = f"{again} of {row['matches']} matches share an alert with another event"
            say(f"same identity: {row['title']}: {said}; check `id` of the source {row['source']}")
        if row["slow"]:
            say(f"slow: {row['title']} took too long on {plural(row['slow'], 'event')}")
    say(_summary(report))


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    told = (printable(row[name]) for name in ("level", "title", "source", "mode"))
    return (*told, str(row["matches"]), str(row["alerts"]))


def _summary(report: dict[str, Any]) -> str:
    matches = plural(report["matches"], "match")
    said = [
        f"release {report['release']}",
        plural(report["events"], "event"),
        " of ".join((matches, plural(len(report["detections"]), "detection"))),
    ]
    if "sink" in report:
        said.append(f"{plural(report['alerts'], 'new alert')} in {report['sink']}")
    if report["dead_letters"]:
        said.append(plural(report["dead_letters"], "dead letter"))
    return " · ".join(said)
