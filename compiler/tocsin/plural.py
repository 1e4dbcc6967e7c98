"""Counts with their nouns."""

from __future__ import annotations


def plural(count: int, noun: str) -> str:
    """`1 case`, `2 cases`, `2 matches`."""
    ending = "" if count == 1 else "es" if noun.endswith(("ch", "sh", "s", "x")) else "s"
    return f"{count} {noun}{ending}"


def serving(count: int) -> str:
    """To add to a number of detections: `, 16 rules that only serve correlations`, or nothing."""
    verb = "serves" if count == 1 else "serve"
    return f", {plural(count, 'rule')} that only {verb} correlations" if count else ""
