"""The recorded runs as tables for docs/deployments/exercises.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "docs/deployments"
NONE = "No run is recorded yet."


def upgrades() -> str:
    """The figures of the run under load, then a line for each move."""
    record = _read("upgrades")
    if not record:
        return NONE
    head = (
        "{upgrades} upgrades and {rollbacks} rollbacks, {rate} events a second: {events:,} events, "
        "{matches:,} matches of detections on events, {correlation_matches:,} of correlations.\n"
        "**Missed {missed}, found twice {duplicates}, wrong {wrong}.** "
        "A move takes {median_seconds} s (median). Recorded on {date}."
    )
    return "\n".join([head.format(**record), "", *_moves(record)])


def _moves(record: dict[str, Any]) -> Iterator[str]:
    yield "| move | killed | correlation | seconds | left over |"
    yield "|---|---|---|---|---|"
    for move in record["moves"]:
        left = ", ".join(move["findings"]) or "nothing"
        yield (
            f"| {move['move']} | {move['killed']} | {move['correlation']} "
            f"| {move['seconds']} | {left} |"
        )


def rollbacks() -> str:
    """Seconds of the rollbacks, a line for each target."""
    record = _read("rollbacks")
    if not record:
        return NONE
    lines = [
        f"Under {record['rate']} events a second. Recorded on {record['date']}.",
        "",
        "| target | detections | rollbacks | median | p95 | longest |",
        "|---|---|---|---|---|---|",
    ]
    for target in record["targets"]:
        seconds = target["seconds"]
        lines.append(
            f"| {target['kind']} | {target['detections']:,} | {len(seconds)} "
            f"| {target['median']} s | **{target['p95']} s** | {max(seconds)} s |"
        )
    return "\n".join(lines)


def isolations() -> str:
    """Seconds until a poisoned detection was set apart, a line for each target."""
    record = _read("isolation")
    if not record:
        return NONE
    lines = [f"Recorded on {record['date']}.", "", "| target | times | seconds |", "|---|---|---|"]
    for target in record["targets"]:
        seconds = target["seconds"]
        told = ", ".join(map(str, seconds))
        lines.append(f"| {target['kind']} | {len(seconds)} | {told} |")
    return "\n".join(lines)


def _read(name: str) -> dict[str, Any]:
    file = FOLDER / f"{name}.json"
    return dict(json.loads(file.read_text())) if file.is_file() else {}
