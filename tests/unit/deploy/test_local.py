"""Modes of deployment in an environment of kind local, with a correlation of every type.

The whole file is looked at on every run: the state of a detection is its events.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploying import git
from modes import ALERTING, CONDITIONS, Authored, identity

SETTINGS = """
[project]
name = "p"
[environments.prod]
kind = "local"
backend = "kafka-filter"
correlations = "batch-sql"
path = "live"
"""
SOURCE = """
source: audit
title: Audit trail
logsources: [{product: shop, service: audit}]
time: {field: at, lateness: 2s}
id: id
fields: {id: string, at: timestamp, action: string, user: string, note: string}
"""
TYPES = sorted(CONDITIONS)
ALL = {ALERTING, *TYPES}
Told = dict[tuple[str, str], tuple[int, int]]
"""Matches and new alerts, by detection and mode."""


@dataclass
class Local:
    """One environment on its way; `users` completed everything so far."""

    site: Authored
    users: list[str] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, tzinfo=UTC))

    def change(self, step: Callable[[], object]) -> Told:
        """A change, and a user more who completes everything; what the next run finds."""
        step()
        self.users.append(f"u{len(self.users)}")
        with (self.site.root / "audit.jsonl").open("a", encoding="utf-8") as file:
            for note, action in enumerate(("hit", "hit", "end"), 1):
                self.now += timedelta(seconds=1)
                file.write(json.dumps(self.event(action, str(note))) + "\n")
        assert self.site.findings() == []
        assert "Nothing to do" in self.site.run("plan").output
        return self.run()

    def event(self, action: str, note: str) -> dict[str, Any]:
        """An event of the last user, now."""
        user, at = self.users[-1], self.now.isoformat()
        return {"id": f"{user}-{note}", "at": at, "action": action, "user": user, "note": note}

    def run(self) -> Told:
        """What a worker finds that reads all events again."""
        file = str(self.site.root / "audit.jsonl")
        report = json.loads(self.site.run("worker", file, "--format", "json").stdout)
        names = {identity(name) + mark: name for name in ALL for mark in ("", "~shadow")}
        rows = [row for row in report["detections"] if row["id"] in names]
        found = {(names[r["id"]], r["mode"]): (r["matches"], r["alerts"]) for r in rows}
        assert len(found) == len(rows)
        return found


@pytest.fixture
def local(tmp_path: Path) -> Local:
    site = Authored(tmp_path / "p")
    for name in ("rules", "sources"):
        (site.root / name).mkdir(parents=True)
    (site.root / "tocsin.toml").write_text(SETTINGS)
    (site.root / "sources/audit.yml").write_text(SOURCE)
    git(site.root, "init", "-q", "-b", "main")
    git(site.root, "config", "user.name", "Mira K")
    git(site.root, "config", "user.email", "mira@example.org")
    for name in ("hit", "end"):
        site.rule(name, f"{{action: {name}}}")
    return Local(site)


def every(mode: str, matches: int, alerts: int, names: Iterable[str] = ALL) -> Told:
    return {(name, mode): (matches, alerts) for name in names}


def test_every_mode_finds_what_is_there(local: Local) -> None:
    site = local.site

    def to(mode: str, *, newer: bool = False, but: Iterable[str] = ()) -> Told:
        site.modes(TYPES, mode, newer=newer, but=but)
        return local.change(lambda: site.run("apply", "--yes"))

    assert to("live") == every("live", 1, 1)
    assert to("shadow") == every("shadow", 2, 0)
    # What came while they were in shadow is there, and raises its alerts now.
    assert to("live") == every("live", 3, 2)
    # A newer form beside each.
    assert to("shadow", newer=True) == every("live", 4, 1) | every("shadow", 4, 0)
    first = TYPES[0]
    rest = ALL - {first}
    # A promoted form has another logic, so its alerts are others.
    found = local.change(lambda: site.promote(first))
    kept = every("live", 5, 1, rest) | every("shadow", 5, 0, rest)
    assert found == kept | every("live", 5, 5, [first])
    found = to("live", newer=True, but=[first])
    assert found == every("live", 6, 6, rest) | every("live", 6, 1, [first])
    assert local.run() == every("live", 6, 0)
