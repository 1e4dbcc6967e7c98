"""What is told of each detection: states, changes, versions, cases, exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.model.attack import tagged
from tocsin.plan.shadow import MARK
from tocsin.site.history.changes import change_of
from tocsin.site.history.model import (
    CaseRun,
    DetectionHistory,
    EntryChange,
    ExceptionRecord,
    LogicVersion,
    RecordedTexts,
)
from tocsin.site.history.presence import MutedTime, TaggedTurn, Turn, muted, spans
from tocsin.site.history.texts import TextReader, Wanted, logsource
from tocsin.site.history.walk import EntryDifference, ReleaseRead, Walk
from tocsin.state.ledger_event import ForcedPromotion


@dataclass(slots=True)
class Trail:
    """The traces of one detection in a walk, oldest first.

    `starts`: of each logic, with the place of its release in the walk; `last`: where it was last.
    """

    changes: list[EntryChange] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    starts: list[Wanted] = field(default_factory=list)
    last: Wanted | None = None
    present: bool = True

    def take(
        self, index: int, read: ReleaseRead, difference: EntryDifference, *, forced: bool
    ) -> None:
        """What a release did to it."""
        change = change_of(read, difference)
        before, after = difference.before, difference.after
        if not self.starts or self.starts[-1].entry.logic != change.entry.logic:
            self.starts.append(Wanted(change.entry, index))
        if after is None or before is None or after.mode != before.mode:
            reason = _reason(difference, read, again=bool(self.changes), forced=forced)
            state = after.mode if after else "absent"
            self.turns.append(Turn(read.made, state, read.release.number, reason))
        self.changes.append(change)
        self.present = after is not None
        self.last = Wanted(change.entry, index if after else index - 1)


def trails(walk: Walk) -> dict[str, Trail]:
    """Of all detections that there ever were, by id."""
    forced = {(e.release, e.detection) for e in walk.events if isinstance(e, ForcedPromotion)}
    found: dict[str, Trail] = {}
    for index, read in enumerate(walk.releases):
        for each in read.differences:
            trail = found.setdefault(each.id, Trail())
            key = each.after.key if each.after else ""
            trail.take(index, read, each, forced=(read.release.number, key) in forced)
    for trail in found.values():
        if trail.present and trail.last:
            trail.last = Wanted(trail.last.entry, len(walk.releases) - 1)
    return found


@dataclass(frozen=True, slots=True)
class Setting:
    """What the detections of a walk have in common. `first`: how all was before the releases."""

    first: tuple[Turn, ...]
    until: str
    mutes: Mapping[str, Sequence[MutedTime]]
    exceptions: Sequence[ExceptionRecord]
    runs: Mapping[str, tuple[CaseRun, ...]]


def detections(
    walk: Walk, found: Mapping[str, Trail], setting: Setting
) -> tuple[DetectionHistory, ...]:
    """All of them, by title."""
    wanted = [each for trail in found.values() for each in _wanted(trail)]
    read = iter(TextReader(walk).read(wanted))
    made = [
        _detection(walk, id_, trail, [next(read) for _ in _wanted(trail)], setting)
        for id_, trail in found.items()
    ]
    return tuple(sorted(made, key=lambda d: (d.entry.title.casefold(), d.key, d.id)))


def _wanted(trail: Trail) -> Iterator[Wanted]:
    yield from trail.starts
    if trail.last:
        yield trail.last


def _detection(
    walk: Walk, id_: str, trail: Trail, texts: Sequence[RecordedTexts], setting: Setting
) -> DetectionHistory:
    entry, own = trail.changes[-1].entry, setting.mutes.get(id_, ())
    turns = muted([*setting.first, *trail.turns], own, setting.until)
    shown = spans(turns)
    deployed = walk.releases[trail.starts[-1].index].release
    return DetectionHistory(
        id=id_,
        key=entry.key,
        entry=entry,
        state=shown[-1].state,
        texts=texts[-1],
        spans=shown,
        changes=tuple(trail.changes),
        versions=tuple(_versions(walk, trail.starts, texts)),
        runs=setting.runs.get(id_.removesuffix(MARK), ()) if deployed.form > 1 else None,
        exceptions=tuple(e for e in setting.exceptions if e.detection == id_),
        techniques=tagged(entry.tags),
        logsource=logsource(entry, texts[-1].rule),
    )


def _versions(
    walk: Walk, starts: Sequence[Wanted], texts: Sequence[RecordedTexts]
) -> Iterator[LogicVersion]:
    for start, found in zip(starts, texts, strict=False):
        read = walk.releases[start.index]
        yield LogicVersion(start.entry.version, read.release.number, read.made, start.entry, found)


def tagged_turns(detection: DetectionHistory) -> Iterator[TaggedTurn]:
    """The states of a detection, with the techniques that its tags named in each."""
    tags = {change.at: change for change in detection.changes}
    named: frozenset[str] = frozenset()
    states = {span.begin: span for span in detection.spans}
    span = detection.spans[0]
    for at in sorted(states.keys() | tags.keys()):
        now = frozenset(tagged(tags[at].entry.tags)) if at in tags else named
        reason, release = "names the technique from then on", tags[at].release if at in tags else 0
        if at in states:
            span = states[at]
            reason, release = span.reason, span.release
        if at in states or now != named:
            yield TaggedTurn(
                detection.id, detection.key, Turn(at, span.state, release, reason), now
            )
        named = now


def _reason(difference: EntryDifference, read: ReleaseRead, *, again: bool, forced: bool) -> str:
    """Why a state began."""
    before, after = difference.before, difference.after
    if after is None:
        what = "removed"
    elif before is None:
        what = "added again" if again else "added"
    elif after.mode == "shadow":
        what = "moved to shadow"
    else:
        what = "promoted whatever its policy says" if forced else "promoted"
    by = read.release.reason
    return f"{what} by {by}" if by.startswith("rollback ") else what
