"""The recorded runs as a table for docs/conformance/differential.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RECORDS = Path(__file__).resolve().parents[2] / "docs/conformance"
HEAD = (
    "| backend | date | cases | pairs | match | differences | refused | seed | seconds | with |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


def table() -> str:
    """One line a record."""
    records = [json.loads(p.read_text()) for p in sorted(RECORDS.glob("differential-*.json"))]
    return "\n".join([*HEAD, *_lines(records)])


def _lines(records: list[dict[str, Any]]) -> Iterator[str]:
    for record in records:
        share = record["own_matches"] / record["own_pairs"]
        refused = sum(record["refused_by_backend"].values())
        with_ = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
        yield (
            f"| {record['backend']} | {record['date']} | {record['cases']:,} | {record['pairs']:,} "
            f"| {share:.0%} | {record['differences']} | {refused} | {record['seed']} "
            f"| {record['seconds']:.0f} | {with_} |"
        )
