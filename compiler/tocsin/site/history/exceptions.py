"""When less was asked or found than usual: mutes, emergencies, promotions by force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.site.history.dates import utc
from tocsin.site.history.model import EntryChange, ExceptionRecord, ReleaseHistory
from tocsin.site.history.presence import MutedTime
from tocsin.state.ledger_event import AnyEvent, ForcedPromotion


def of_mutes(mutes: Iterable[MutedTime]) -> Iterator[ExceptionRecord]:
    """Detections that raise no alerts for a time."""
    for mute in mutes:
        yield ExceptionRecord(
            kind="mute",
            detection=mute.detection,
            owner=mute.who,
            reason=mute.reason,
            begin=mute.begin,
            end=mute.end,
            ticket=mute.review or None,
            release=mute.release,
        )


def emergencies(releases: Iterable[ReleaseHistory]) -> Iterator[ExceptionRecord]:
    """Plans that one person let through alone."""
    for release in releases:
        for approval in release.approvals:
            if approval.until:
                yield ExceptionRecord(
                    kind="emergency",
                    detection="",
                    owner=approval.reviewer,
                    reason=approval.reason,
                    begin=utc(approval.at),
                    end=utc(approval.until),
                    ticket=approval.review or None,
                    release=release.number,
                )


def forced(events: Iterable[AnyEvent], changes: Iterable[EntryChange]) -> Iterator[ExceptionRecord]:
    """Detections that went live whatever their policy says."""
    ids = {(change.release, change.entry.key): change.entry.id for change in changes}
    for event in events:
        if isinstance(event, ForcedPromotion):
            yield ExceptionRecord(
                kind="forced-promotion",
                detection=ids.get((event.release, event.detection), ""),
                owner=event.who,
                reason=None,
                begin=utc(event.at),
                end="",
                ticket=None,
                release=event.release,
            )
