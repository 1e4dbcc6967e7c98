"""The recorded edits as a table for docs/deployments/state-verdicts.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RECORD = Path(__file__).resolve().parents[2] / "docs/deployments/state-verdicts.json"
HEAD = (
    "| correlation | edit | matches after it | restored | verdict | why |",
    "|---|---|---|---|---|---|",
)


def table() -> str:
    """The figures, then a line for each edit."""
    record = json.loads(RECORD.read_text())
    return "\n".join([*_figures(record), "", *HEAD, *map(_line, record["edits"])])


def _figures(record: dict[str, Any]) -> Iterator[str]:
    tried, right = record["edits_tried"], record["right"]
    share = f"{right} ({right / tried:.0%})"
    with_ = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    yield (
        f"{tried} edits, {record['fit']} fit; the verdict is right for {share}, "
        f"and keeps what does not fit {record['wrong_keeps']} times."
    )
    yield f"Recorded on {record['date']} in {record['seconds']} s, with {with_}."


def _line(edit: dict[str, Any]) -> str:
    verdict = edit["verdict"] if edit["right"] else f"**{edit['verdict']}**"
    return (
        f"| {edit['type']} | {edit['what']} | {edit['matches']} | {edit['became']} "
        f"| {verdict} | {edit['why']} |"
    )
