"""Compare what is wanted with what is recorded and what is in place: pure, no I/O."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tocsin.model.source import Source
from tocsin.pack.diff import PackDiff
from tocsin.plan.steps import (
    Bundle,
    Deploy,
    Discard,
    Document,
    DriftKind,
    LiftMute,
    Mend,
    Plan,
    Refused,
    Remove,
    Repair,
    SetMute,
    Step,
)
from tocsin.release.entry import Action, Entry
from tocsin.release.finding import ISOLATED
from tocsin.state.live import Live
from tocsin.state.release import Release, Revision

_DEPLOYING = frozenset(
    {Action.ADDED, Action.CHANGED, Action.RECOMPILED, Action.SWITCHED, Action.ISOLATED}
)

_MUTING = {SetMute: Action.MUTED, LiftMute: Action.UNMUTED}

# Parts that do not begin with a dot, without control characters, no longer than a file's name.
_PATH = re.compile(r"(?:(?!\.)[^/\\\x00-\x1f\x7f]{1,200}/)*(?!\.)[^/\\\x00-\x1f\x7f]{1,200}")


@dataclass(frozen=True, slots=True)
class Desired:
    """The state to reach. `bodies` holds the bytes of every entry, by artifact digest.

    `off`: ids that the project still has, but not for this environment. `packed`: backends that
    put all detections of a source into one pack. `sources`: those of the project, by name.
    `content_of`: commit of the release whose content it is, where it is of the ledger; `earlier`:
    as in `Release`. `mutes`: what begins or ends to be muted.
    """

    environment: str
    project: str
    reason: str
    entries: tuple[Entry, ...]
    bodies: Mapping[str, bytes] = field(repr=False)
    refused: tuple[Refused, ...] = ()
    off: frozenset[str] = frozenset()
    packed: frozenset[str] = frozenset()
    sources: tuple[Source, ...] = ()
    source: Revision = field(default_factory=Revision)
    tools: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    content_of: str = ""
    earlier: Mapping[str, int] = field(default_factory=dict)
    mutes: tuple[SetMute | LiftMute, ...] = ()


def build(desired: Desired, last: Release | None, live: Live | None) -> Bundle:
    """The plan from the last release to the desired state, with the bytes that it needs.

    `live` is None for an environment whose engine cannot be observed: no drift is known there.
    """
    before = {e.id: e for e in last.entries} if last else {}
    found = live.findings if live else ()
    held = [before[r.id] for r in desired.refused if r.id in before]
    asked = {each.subject for each in found if each.kind == ISOLATED}
    placed = [_isolated(entry, before.get(entry.id), asked) for entry in (*desired.entries, *held)]
    muting = {step.after.id: _MUTING[type(step)] for step in desired.mutes}
    result = tuple(
        replace(entry, action=_action(entry, before.get(entry.id), live, muting.get(entry.id)))
        for entry in sorted(placed, key=lambda e: (e.key, e.id))
    )
    own = {entry.id: entry for entry in result}
    steps = (
        *(replace(step, after=own[step.after.id]) for step in desired.mutes),
        *_forward(result, before, live),
        *_removals(desired, result, before),
        *_discards(result, before, live),
        *(Mend(finding) for finding in found if not finding.by_hand),
    )
    plan = Plan(
        environment=desired.environment,
        project=desired.project,
        reason=desired.reason,
        base=last.commit if last else "",
        base_number=last.number if last else 0,
        live=live.digest if live else "",
        source=desired.source,
        tools=desired.tools,
        steps=steps,
        result=result,
        sources=desired.sources,
        refused=desired.refused,
        packs=tuple(_packs(desired.packed, before.values(), result)),
        problems=tuple(_problems(desired, result, before)),
        warnings=(*desired.warnings, *(each.words for each in found if each.by_hand)),
    )
    needed = {s.after.artifact for s in steps if isinstance(s, Deploy | Repair)}
    return Bundle(plan, {name: desired.bodies[name] for name in sorted(needed)})


def _packs(
    packed: frozenset[str], before: Iterable[Entry], after: Iterable[Entry]
) -> Iterator[PackDiff]:
    """The packs that change, or come, or go."""
    old, new = _by_pack(packed, before), _by_pack(packed, after)
    for backend, source in sorted(old.keys() | new.keys()):
        place = backend, source
        diff = PackDiff.of(backend, source, old.get(place, {}), new.get(place, {}))
        if diff.before != diff.after:
            yield diff


def _by_pack(
    packed: frozenset[str], entries: Iterable[Entry]
) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for entry in entries:
        if entry.backend in packed and entry.packed:
            found[entry.backend, entry.source][entry.id] = entry.artifact
    return found


def drift_of(entry: Entry, live: Live | None) -> DriftKind:
    """How what is in place differs from a released artifact."""
    if live is None:
        return ""
    found = live.artifacts.get(entry.path)
    if found is None:
        return "missing"
    same = found.digest == entry.artifact and found.mode == entry.mode
    return "" if same else "altered"


def foreign_paths(entries: Mapping[str, Entry], live: Live | None) -> list[str]:
    """Artifacts in place that no entry owns."""
    owned = {e.path for e in entries.values()}
    return sorted(live.artifacts.keys() - owned) if live else []


def _isolated(after: Entry, before: Entry | None, asked: Container[str]) -> Entry:
    """A detection that was isolated, or asks for it, stays isolated until it changes."""
    if after.stateful or before is None or after.artifact != before.artifact:
        return after
    return replace(after, isolated=after.isolated or before.isolated or after.key in asked)


def _action(after: Entry, before: Entry | None, live: Live | None, muting: Action | None) -> Action:
    if before is None:
        return Action.ADDED
    if after.logic != before.logic:
        return Action.CHANGED
    if (after.artifact, after.path) != (before.artifact, before.path):
        return Action.RECOMPILED
    if (after.mode, after.isolated) != (before.mode, before.isolated):
        return Action.SWITCHED if after.mode != before.mode else Action.ISOLATED
    if muting or drift_of(before, live):
        return muting or Action.REPAIRED
    return Action.DOCUMENTED if _redescribed(after, before) else Action.UNCHANGED


def _redescribed(after: Entry, before: Entry) -> bool:
    told = ((e.meta, e.version, e.key, e.file, e.on_change, e.promoted) for e in (after, before))
    return next(told) != next(told)


def _forward(
    result: tuple[Entry, ...], before: Mapping[str, Entry], live: Live | None
) -> Iterator[Step]:
    foreign = set(foreign_paths(before, live))
    for after in result:
        old = before.get(after.id)
        drift: DriftKind = drift_of(old, live) if old else ""
        if after.action in _DEPLOYING:
            yield Deploy(after, old, "foreign" if after.path in foreign else drift)
            continue
        if drift:
            yield Repair(after, drift)
        if old and _redescribed(after, old):
            yield Document(after, old)


def _removals(
    desired: Desired, result: tuple[Entry, ...], before: Mapping[str, Entry]
) -> Iterator[Step]:
    kept, taken = {e.id for e in result}, {e.path for e in result}
    for old in sorted(before.values(), key=lambda e: (e.key, e.id)):
        if old.id not in kept:
            why = f"off in {desired.environment}" if old.id in desired.off else ""
            yield Remove(old, "" if old.path in taken else old.path, why)


def _discards(
    result: tuple[Entry, ...], before: Mapping[str, Entry], live: Live | None
) -> Iterator[Step]:
    taken = {e.path for e in result}
    for path in foreign_paths(before, live):
        if path not in taken:
            yield Discard(path, "foreign")
    for after in result:
        old = before.get(after.id)
        if old and old.path not in taken:
            yield Discard(old.path, "moved")


def _problems(
    desired: Desired, result: tuple[Entry, ...], before: Mapping[str, Entry]
) -> Iterator[str]:
    for no in desired.refused:
        if no.id in before:
            yield (
                f"{no.key} is deployed as v{before[no.id].version} but its new version cannot be "
                f"compiled: {no.message}"
            )
    for entry in result:
        if not _PATH.fullmatch(entry.path):
            yield f"{entry.key} has an unsafe path: {entry.path!r}"
    # Folded, since some file systems and git's own index take no two such paths.
    for what, values in (
        ("id", [e.id for e in result]),
        ("path", [e.path.casefold() for e in result]),
    ):
        for value, times in sorted(Counter(values).items()):
            if times > 1:
                yield f"{times} detections have the same {what}: {value}"
