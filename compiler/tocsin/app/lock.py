"""Writes the version of every detection to tocsin.lock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tocsin.app.project import sound_project
from tocsin.plan.desired import identities, stale_lock
from tocsin.state.lock import FILE, Lock, read_lock


@dataclass(frozen=True, slots=True)
class LockUpdate:
    """What an update of the lock file changes; `stale`: whether the file lacked it.

    `serving`: how many of its lines are of rules that only serve correlations.
    """

    detections: int
    serving: int
    stale: bool
    changes: tuple[str, ...]


def update_lock(root: Path, *, write: bool) -> LockUpdate:
    """Update the file, or only report. Raises FindingsError for a project with errors."""
    old = read_lock(root)
    project = sound_project(root)
    detections = identities(project)
    new = old.updated(detections)
    if write:
        (root / FILE).write_text(new.render(), encoding="utf-8")
    serving = sum(not query.alerts for query in project.queries)
    stale = bool(stale_lock(old, detections))
    return LockUpdate(len(detections) - serving, serving, stale, tuple(changes(old, new)))


def changes(old: Lock, new: Lock) -> list[str]:
    """`+ key v1`, `~ key v1 → v2`, `- key v3`, in order of key."""
    told: dict[str, str] = {}
    for name in old.lines.keys() | new.lines.keys():
        was, now = old.lines.get(name), new.lines.get(name)
        if now and not was:
            told[now.key] = f"+ {now.key} v{now.version}"
        elif was and not now:
            told[was.key] = f"- {was.key} v{was.version}"
        elif was and now and was != now:
            told[now.key] = f"~ {now.key} v{was.version} → v{now.version}"
    return [told[key] for key in sorted(told)]
