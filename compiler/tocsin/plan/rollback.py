"""Rollback: the desired state of an older release, or an older version of one detection."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from tocsin.backend.registry import packing
from tocsin.diagnostics import near
from tocsin.errors import ConfigError
from tocsin.plan.build import Desired
from tocsin.plan.steps import repair_of
from tocsin.release.entry import Action, Entry
from tocsin.state.base import StateReader
from tocsin.state.release import Release


def to_release(reader: StateReader, number: int) -> Desired:
    """The state of an older release, with its stored bytes."""
    releases = _releases(reader)
    for release in releases:
        if release.number == number:
            entries = release.entries
            bodies = reader.bodies(release, entries)
            return _desired(release, f"rollback to release {number}", entries, dict(bodies))
    raise ConfigError(
        f"{reader.environment} has no release {number}",
        hint=f"its releases are {releases[-1].number} to {releases[0].number}",
    )


def repair(reader: StateReader) -> Desired:
    """The state of the last release, as it should be in place."""
    last = _releases(reader)[0]
    bodies = dict(reader.bodies(last, last.entries))
    return _desired(last, repair_of(last.number), last.entries, bodies)


def to_version(reader: StateReader, rule: str, version: int | None) -> Desired:
    """The last release with an older version of one detection; by default the previous one."""
    releases = _releases(reader)
    last = releases[0]
    detection = find(rule, releases)
    now = last.entry(detection.id)
    release, old = _older(releases, detection, now, version)
    kept = tuple(e for e in last.entries if e.id != old.id)
    bodies = {**reader.bodies(last, kept), **reader.bodies(release, [old])}
    reason = f"rollback of {old.key} to v{old.version}"
    desired = _desired(last, reason, (*kept, old), bodies)
    sources = {source.name: source for source in (*release.sources, *last.sources)}
    found = {old.id: release.earlier.get(old.id, release.number)}
    named = tuple(sources[name] for name in sorted(sources))
    return replace(desired, sources=named, earlier={**last.earlier, **found})


def find(rule: str, releases: Iterable[Release]) -> Entry:
    """The newest entry of the detection with this key or id, or a prefix that only it has."""
    newest: dict[str, Entry] = {}
    for release in releases:
        for entry in (*release.entries, *release.removed):
            if entry.beside:  # found through the live one
                continue
            newest.setdefault(entry.id, entry)
    exact = [e for e in newest.values() if rule in {e.key, e.id}]
    close = [
        e for e in newest.values() if rule and (e.key.startswith(rule) or e.id.startswith(rule))
    ]
    for found in (exact, sorted(close, key=lambda e: e.key)):
        if len(found) > 1:
            some = ", ".join(f"{e.key} ({e.id})" for e in found[:5])
            raise ConfigError(
                f"{rule!r} could be any of {some}", hint="give more of the name or id"
            )
        if found:
            return found[0]
    meant = near(rule, [entry.key for entry in newest.values()])
    raise ConfigError(
        f"no release has a detection {rule!r}",
        hint=f"did you mean {meant!r}?" if meant else "`tocsin history` lists what was deployed",
    )


def number_of(text: str, letter: str) -> int:
    """`7` or `v7` as 7. Raises ConfigError for anything else."""
    found = re.fullmatch(rf"{letter}?([0-9]+)", text)
    if found is None:
        raise ConfigError(f"{text!r} is not a number like 7 or {letter}7")
    return int(found[1])


def _releases(reader: StateReader) -> list[Release]:
    releases = reader.releases()
    if not releases:
        raise ConfigError(f"{reader.environment} has no release to go back to")
    return releases


def _older(
    releases: list[Release], detection: Entry, now: Entry | None, version: int | None
) -> tuple[Release, Entry]:
    """The newest release of the wanted version, and its entry."""
    past = [(r, e) for r in releases if (e := r.entry(detection.id))]
    versions = sorted({e.version for _, e in past})
    if version is None:
        limit = now.version if now else versions[-1] + 1
        version = max((v for v in versions if v < limit), default=0)
        if not version:
            raise ConfigError(f"{detection.key} has no version before v{limit} in this environment")
    for release, entry in past:
        if entry.version == version:
            return release, entry
    known = ", ".join(f"v{v}" for v in versions)
    raise ConfigError(
        f"{detection.key} has no v{version} in this environment", hint=f"released: {known}"
    )


def _desired(
    release: Release, reason: str, entries: tuple[Entry, ...], bodies: dict[str, bytes]
) -> Desired:
    return Desired(
        environment=release.environment,
        project=release.project,
        reason=reason,
        entries=tuple(replace(e, action=Action.UNCHANGED) for e in entries),
        bodies=bodies,
        packed=packing(),
        sources=release.sources,
        source=release.source,
        tools=release.tools,
        content_of=release.commit,
        earlier=release.earlier,
    )
