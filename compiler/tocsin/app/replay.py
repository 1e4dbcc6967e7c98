"""Raises a recorded alert again, from the bytes and the events that it names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin.app.environment import OpenEnvironment
from tocsin.app.recorded_alert import RecordedAlert, recorded
from tocsin.app.worker import claims_of
from tocsin.canonical import digest_bytes
from tocsin.errors import LedgerError
from tocsin.ir.query import CorrelationQuery
from tocsin.release.entry import Entry
from tocsin.state.git_ledger import GitLedger
from tocsin.state.release import Release

if TYPE_CHECKING:
    from tocsin_runtime.alerts.writer import AlertWriter
    from tocsin_runtime.stream.deployment import DeployedDetection


_GIVE = "give the events with --events"


@dataclass(frozen=True, slots=True)
class Digests:
    """Of the alert as it is recorded, and as it is raised again; empty if it is not."""

    recorded: str
    replayed: str = ""

    @property
    def same(self) -> bool:
        """Whether it is the same."""
        return self.recorded == self.replayed


@dataclass(frozen=True, slots=True)
class Replay:
    """An alert raised again. `missing`: why it could not be; `differs`: members that differ.

    `ran`: the release whose artifact ran; it may be older than that of the alert where the match
    was found before a cutover.
    """

    alert: str
    environment: str
    detection: str
    version: int
    release: int
    events: int
    event_count: int
    id: Digests
    payload: Digests
    ran: int = 0
    backend: str = ""
    artifact: str = ""
    missing: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the very same alert was raised."""
        return not self.missing and self.id.same and self.payload.same

    @property
    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"same": self.same, **asdict(self)}


@dataclass(frozen=True, slots=True)
class _Provenance:
    """Whose artifact found the match; whose words its alert has."""

    ran: Release
    entry: Entry
    described: Entry


def replay(opened: OpenEnvironment, body: bytes, files: Sequence[Path] = ()) -> Replay:
    """Raise an alert again, or say what is missing for that.

    `files`: events to run on, in place of those that the alert shows.
    """
    alert = recorded(body)
    own = alert.own
    told = Replay(
        alert=alert.id,
        environment=own.environment,
        detection=own.detection,
        version=own.version,
        release=own.release,
        events=len(alert.events),
        event_count=own.event_count,
        id=Digests(alert.id),
        payload=Digests(digest_bytes(body)),
    )
    found, missing = _found(opened, alert), [] if files else list(_cut(alert))
    if isinstance(found, str):
        return replace(told, missing=(found, *missing))
    entry = found.entry
    told = replace(told, ran=found.ran.number, backend=entry.backend, artifact=entry.artifact)
    if missing:
        return replace(told, missing=tuple(missing))
    return _ran(opened, told, alert, body, found, files)


def _cut(alert: RecordedAlert) -> Iterator[str]:
    shown, every = len(alert.events), alert.own.event_count
    if shown < every:
        yield f"the alert shows {shown} of the {every} events that it rests on: {_GIVE}"


def _found(opened: OpenEnvironment, alert: RecordedAlert) -> _Provenance | str:
    """Where it is from, or what is missing of that."""
    own = alert.own
    if (own.project, own.environment) != (opened.ledger.project, opened.name):
        return f"it is an alert of project {own.project}, environment {own.environment}"
    raised = opened.ledger.release(own.release)
    if raised is None:
        return f"release {own.release} is not in the ledger of {opened.name}"
    # A match from before a cutover is one of an older version.
    for release in chain([raised], _before(opened.ledger, own.release)):
        entry = release.entry(own.detection)
        if entry and entry.logic == own.logic:
            return _Provenance(release, entry, raised.entry(own.detection) or entry)
    return f"no release up to {own.release} has this detection with the logic {own.logic[:8]}"


def _before(ledger: GitLedger, number: int) -> Iterator[Release]:
    """The releases before one, the newest first, as far as they are looked at."""
    for older in range(number - 1, 0, -1):
        yield from ledger.numbered([older])


def _ran(  # noqa: PLR0913, PLR0917 - all that a replay is made of
    opened: OpenEnvironment,
    told: Replay,
    alert: RecordedAlert,
    body: bytes,
    found: _Provenance,
    files: Sequence[Path],
) -> Replay:
    from tocsin_runtime.worker.again import raised_again, records_of  # noqa: PLC0415 - keeps `--help` quick

    try:
        stored = opened.ledger.bodies(found.ran, [found.entry])[found.entry.artifact]
    except LedgerError as error:
        return replace(told, missing=(error.message,))
    detection = _deployed(found, stored, told.release)
    if detection.described.shadow:
        return replace(told, missing=("in that release it is in shadow, and raises no alerts",))
    writer, claims = _writer(alert, detection), claims_of(found.ran.sources)
    records = records_of(alert.events, files)
    made, problem = raised_again(detection.artifact, claims, writer, records)
    if problem:
        return replace(told, missing=(f"it does not run here: {problem}",))
    again = _compared(told, body, made)
    if again.id.same or files or not _rests_on_others(opened, found):
        return again
    return replace(told, missing=(f"it correlates the matches of correlations: {_GIVE}",))


def _rests_on_others(opened: OpenEnvironment, found: _Provenance) -> bool:
    """Whether it correlates correlations, whose events its alerts do not show."""
    if not found.entry.stateful:
        return False
    from tocsin.app.earlier import earlier  # noqa: PLC0415 - parses rules

    release = found.ran
    query = earlier(opened.ledger, opened.root, release, release.earlier, [found.entry]).get(
        found.entry.id
    )
    bases = query.bases if isinstance(query, CorrelationQuery) else ()
    return any(isinstance(base, CorrelationQuery) for base in bases)


def _deployed(found: _Provenance, stored: bytes, release: int) -> DeployedDetection:
    from tocsin_runtime.stream.deployment import deployed  # noqa: PLC0415 - as above

    ran = deployed(found.entry, stored, release)
    return replace(ran, described=deployed(found.described, b"", release).described)


def _writer(alert: RecordedAlert, detection: DeployedDetection) -> AlertWriter:
    """One whose clock stands at the moment when the alert was made."""
    from tocsin_runtime.alerts.alert import Origin  # noqa: PLC0415 - as above
    from tocsin_runtime.alerts.writer import AlertWriter  # noqa: PLC0415

    origin = Origin(alert.own.project, alert.own.environment)
    described = {detection.described.id: detection.described}
    return AlertWriter(origin, described, clock=lambda: alert.data.time)


def _compared(told: Replay, body: bytes, made: list[bytes]) -> Replay:
    """The one with the same id, if there is one, against what is recorded."""
    before = json.loads(body)
    alerts = [json.loads(each) for each in made]
    if not alerts:
        return replace(told, differs=("nothing matches",))
    after = next((each for each in alerts if each["id"] == told.alert), alerts[-1])
    # The version of Tocsin is a fact about the recording, and no part of what was decided.
    after["data"]["metadata"]["product"] = before["data"]["metadata"]["product"]
    again = json.dumps(after, separators=(",", ":")).encode()
    return replace(
        told,
        id=replace(told.id, replayed=after["id"]),
        payload=replace(told.payload, replayed=digest_bytes(again)),
        differs=tuple(_differing(before, after)),
    )


def _differing(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """The places of members whose values differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in {**before, **after}:
            yield from _differing(before.get(name), after.get(name), f"{place}.{name}".lstrip("."))
    elif before != after:
        yield place
