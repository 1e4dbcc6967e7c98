"""The attack of the demo's day and the alerts that honest work raised, from what a worker wrote.

Run: python docs/demo/timeline.py ALERTS EVENTS.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from events import MIDNIGHT
from rich.text import Text
from story import steps

from tocsin.cli.groups import styled
from tocsin.cli.output import show
from tocsin.cli.table import print_table
from tocsin.escape import printable

Alert = dict[str, Any]
WHO = (
    ("actor", "id"),
    ("actor", "alternateId"),
    ("actor",),
    ("userIdentity", "userName"),
    ("user", "username"),
    ("node",),
    ("SubjectUserName",),
    ("User",),
)
"""Where sources say who it was: the first of them that is text."""
STYLES = {
    "critical": {"fg": "red", "bold": True},
    "high": {"fg": "red"},
    "medium": {"fg": "yellow"},
}


def main(alerts: Path, events: Path) -> None:
    """Print a line for each alert, in order of time, and how many there are of how many events."""
    lines = alerts.read_text("utf-8").splitlines()
    told = sorted((json.loads(line)["data"] for line in lines), key=lambda each: each["end_time"])
    attack, honest = [a for a in told if not harmless(a)], [a for a in told if harmless(a)]
    count = sum(len(file.read_bytes().splitlines()) for file in events.iterdir())
    print_table((), table(attack))
    show(Text("\nNormal work that looks like an attack:", "bold"))
    print_table((), table(honest))
    said = f"{len(attack)} of the attack, {len(honest)} of normal work that looks like one"
    show(f"\n{len(told)} alerts on {count:,} events: {said}")


def table(alerts: Sequence[Alert]) -> list[tuple[str, ...]]:
    """Time, level, source, title, and who it was."""
    made = []
    for alert in alerts:
        at = datetime.fromtimestamp(alert["end_time"] / 1000, UTC).strftime("%H:%M")
        level = alert["severity"].lower()
        source = alert["metadata"]["log_name"]
        title = alert["finding_info"]["title"]
        row = (at, styled(level, **STYLES.get(level, {})), source)
        made.append((*row, printable(title), printable(who(alert))))
    return made


def harmless(alert: Alert) -> bool:
    """Whether this is one of the look-alikes: which, only the author of the day knows."""
    at = ((alert["end_time"] - MIDNIGHT) / 1000, alert["metadata"]["log_name"])
    return at in {(s, step.source) for step in steps("lookalikes.yml") for s, _ in step.events}


def who(alert: Alert) -> str:
    """What the alert was grouped by, or the account that its event names."""
    grouped = alert["unmapped"]["tocsin"]["group_key"]
    said = next(iter(grouped.values()), None) or _named(alert["evidences"][-1]["data"])
    return re.split(r"[/\\]", said)[-1]


def _named(event: dict[str, Any]) -> str:
    for path in WHO:
        value: Any = event
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str):
            return value
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
