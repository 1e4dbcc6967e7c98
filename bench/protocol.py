"""What every contender speaks: rules and a file of events in, one JSON line of figures out.

Needs the standard library alone, since peers run in environments of their own.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

LINES = 1000
"""Lines that are read at a time."""

Pair = tuple[str, int]
"""A rule's id and the 0-based number of an event that it matches."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rules are ready, and why others are not, by id or file."""

    count: int
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scanned:
    """Events read, matches found, and rules that only failed while they ran."""

    events: int
    matches: int
    failed: dict[str, str] = field(default_factory=dict)


class Contender(Protocol):
    """A program under measurement. `load` is not part of the measured time, `scan` is."""

    name: str
    version: str

    def load(self, rules: Path) -> Loaded:
        """Make all rules below a folder ready."""

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """Read, parse and match the file's first events; add the matches to `kept` if asked."""


def run(contender: Contender, arguments: list[str] | None = None) -> None:
    """The command line of a contender."""
    parser = argparse.ArgumentParser(description=contender.__doc__)
    parser.add_argument("--rules", type=Path, required=True)
    parser.add_argument("--events", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--matches", type=Path, help="write RULE<TAB>EVENT lines, sorted")
    given = parser.parse_args(arguments)
    kept: list[Pair] | None = [] if given.matches else None

    started = time.perf_counter()
    loaded = contender.load(given.rules)
    load_seconds = time.perf_counter() - started
    started = time.perf_counter()
    scanned = contender.scan(given.events, given.limit, kept)
    seconds = time.perf_counter() - started

    if kept is not None:
        write_pairs(given.matches, kept)
    failed = loaded.failed | scanned.failed
    for rule, why in list(failed.items())[:5]:
        print(f"{contender.name}: {rule}: {why}"[:300], file=sys.stderr)
    figures = {
        "name": contender.name,
        "version": contender.version,
        "rules_loaded": loaded.count - len(scanned.failed),
        "rules_failed": len(failed),
        "load_seconds": load_seconds,
        "events": scanned.events,
        "seconds": seconds,
        "matches": scanned.matches,
        "peak_rss_mb": peak_rss(),
    }
    print(json.dumps(figures))


def write_pairs(path: Path, pairs: Iterable[Pair]) -> None:
    """The pairs as lines, sorted as texts."""
    lines = sorted(f"{rule}\t{event}\n" for rule, event in pairs)
    path.write_text("".join(lines), "utf-8")


def batches(events: Path, limit: int | None) -> Iterator[list[bytes]]:
    """The file's first lines, `LINES` at a time."""
    with events.open("rb", buffering=1 << 20) as stream:
        lines = islice(stream, limit)
        while batch := list(islice(lines, LINES)):
            yield batch


def rule_files(rules: Path) -> list[Path]:
    """Rule files below a folder, in the order of their paths; cases are not rules."""
    return sorted(path for path in rules.rglob("*.yml") if not path.stem.endswith(".test"))


def peak_rss() -> float:
    """Most memory that this process had, in MB. Unlike getrusage, without the parent's share."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
