"""The queue of findings that a server has of the demo's day.

Run: python docs/demo/queue.py SERVED, with the token of the server in TOCSIN_TOKEN. SERVED is what
`tocsin serve --format json` wrote, or is about to write.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from timeline import STYLES

from tocsin.cli.groups import styled
from tocsin.cli.output import show
from tocsin.cli.table import print_table
from tocsin.escape import printable
from tocsin_client import Client, FindingView

PATIENCE = 600.0
WORST = ("critical", "high")


def main(served: Path) -> None:
    """Print the worst findings, the newest first, once all alerts are taken in."""
    until(lambda: served.read_bytes().endswith(b"\n"))
    api = json.loads(served.read_bytes())["api"]
    with Client(api, os.environ["TOCSIN_TOKEN"]) as client:
        until(lambda: not client.health().intakes[0].behind and any(client.findings()))
        found = list(client.findings(state=["open"]))
    print_table((), [row(each) for each in found if each.severity in WORST])
    show(f"\n{len(found)} open findings of {sum(each.count for each in found)} alerts, at {api}")


def row(finding: FindingView) -> tuple[str, ...]:
    """Time, level, title, what it is grouped by, and of how many alerts."""
    level = finding.severity
    values = (str(value) for value in finding.by.values() if value is not None)
    by = ", ".join(value.rpartition("/")[2] for value in values)
    alerts = f"{finding.count} alerts" if finding.count > 1 else ""
    shown = (styled(level, **STYLES.get(level, {})), *map(printable, (finding.title, by)))
    return (finding.last.strftime("%H:%M"), *shown, alerts)


def until(holds: Callable[[], bool]) -> None:
    """Wait until that holds; not for ever."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            sys.exit("the server does not answer: see server.log")
        time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
