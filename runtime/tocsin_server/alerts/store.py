"""Writes a batch of what was read from a stream: alerts, findings, and how far it was read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress as suppress_error
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import bindparam, select, text, tuple_, update
from sqlalchemy.orm import Session

from tocsin.canonical import digest, digest_bytes
from tocsin_server.alerts.folding import Folded, finding_for
from tocsin_server.alerts.models import Alert, AlertFinding, Position, Title, Unreadable
from tocsin_server.alerts.received import Received, UnreadableError, received
from tocsin_server.alerts.reopening import reopen
from tocsin_server.alerts.rows import insert_new, parts, table_of
from tocsin_server.alerts.tallies import TallyStanding, retell, standings
from tocsin_server.database import POSTGRESQL, now_ms
from tocsin_server.suppressions.apply import suppress

_BY_ROW = ("key", "by", "window")
_OF_ALERT = tuple(each.name for each in fields(Received) if each.name not in _BY_ROW)
_AGAIN = 500
_FOLDING, _SLOTS = 0x70C51, 256
"""PostgreSQL's locks for folding: one for each of so many parts of the keys, for it keeps few."""


@dataclass(frozen=True, slots=True)
class StreamedAlert:
    """Bytes at a place of a stream's partition: an offset of Kafka, or of a file."""

    place: int
    body: bytes


@dataclass(frozen=True, slots=True)
class StreamPiece:
    """Records of one partition of a stream, in order, and the place after them."""

    stream: str
    partition: int
    records: Sequence[StreamedAlert]
    next: int


@dataclass(frozen=True, slots=True)
class StoredPiece:
    """What a piece came to. `repeated`: alerts that were there already."""

    alerts: int = 0
    repeated: int = 0
    unreadable: int = 0
    findings: frozenset[str] = field(default_factory=frozenset)


def position(session: Session, stream: str, partition: int) -> int:
    """The next place of a partition; 0 where nothing of it was read."""
    return session.scalar(select(Position.next).filter_by(stream=stream, partition=partition)) or 0


def rewind(session: Session, stream: str, partition: int) -> None:
    """Read a partition from its beginning again."""
    session.execute(update(Position).filter_by(stream=stream, partition=partition).values(next=0))


def store(session: Session, piece: StreamPiece) -> StoredPiece:
    """Write a piece, and how far it goes, in the session's transaction.

    What another process wrote meanwhile is left out: a record counts once, whoever reads it.
    """
    start = _locked(session, piece)
    records = [record for record in piece.records if record.place >= start]
    alerts: dict[str, Received] = {}
    bad: list[dict[str, Any]] = []
    for record in records:
        try:
            alert = received(record.body)
            alerts.setdefault(alert.id, alert)
        except UnreadableError as error:
            bad.append(_unreadable(piece, record, str(error)))
    insert_new(session, Unreadable, bad)
    new, touched = _keep(session, alerts)
    if piece.next > start:
        session.execute(
            update(Position)
            .filter_by(stream=piece.stream, partition=piece.partition)
            .values(next=piece.next)
        )
    return StoredPiece(new, len(records) - len(bad) - new, len(bad), touched)


def reconsider(session: Session, after: str) -> tuple[str, StoredPiece]:
    """Records that were no alerts to another version, and are to this one: keep them as alerts.

    Looks at some, those after an id. Returns the last id, empty at the end, and what was kept.
    """
    asked = select(Unreadable).where(Unreadable.id > after).order_by(Unreadable.id)
    rows = session.scalars(asked.limit(_AGAIN).with_for_update(skip_locked=True)).all()
    alerts: dict[str, Received] = {}
    for row in rows:
        with suppress_error(UnreadableError):
            alert = received(row.body)
            alerts.setdefault(alert.id, alert)
            session.delete(row)
    new, touched = _keep(session, alerts)
    return rows[-1].id if rows else "", StoredPiece(new, len(alerts) - new, 0, touched)


def _keep(session: Session, alerts: Mapping[str, Received]) -> tuple[int, frozenset[str]]:
    """Fold those of the alerts that are new, judge them, count them.

    Returns how many they are, and the findings that changed.
    """
    _lock(session, [(alert.detection, alert.key) for alert in alerts.values() if alert.key])
    fresh = _fresh(session, alerts)
    _entitle(session, fresh)
    homes, before = _write(session, fresh)
    touched = frozenset(homes.values())
    hits = suppress(session, fresh, homes)
    reopen(session, {id_: finding for id_, finding in homes.items() if id_ not in hits})
    retell(session, before, standings(session, list(touched)))
    return len(fresh), touched


def _locked(session: Session, piece: StreamPiece) -> int:
    """How far the partition was read; nobody else writes of it until the transaction ends."""
    key = {"stream": piece.stream, "partition": piece.partition}
    insert_new(session, Position, [{**key, "next": 0}])
    found = select(Position.next).filter_by(**key).with_for_update()
    return session.scalars(found).one()


def _unreadable(piece: StreamPiece, record: StreamedAlert, reason: str) -> dict[str, Any]:
    here = (piece.stream, piece.partition, record.place)
    return {
        **dict(zip(("stream", "partition", "place"), here, strict=True)),
        "id": digest(list(here))[:32],
        "reason": reason,
        "body": record.body,
        "stored": now_ms(),
    }


def _fresh(session: Session, alerts: Mapping[str, Received]) -> list[Received]:
    """Those that are not stored yet, in the order in which they came."""
    known = set[str]()
    for some in parts(list(alerts)):
        known.update(session.scalars(select(Alert.id).where(Alert.id.in_(some))))
    return [alert for id_, alert in alerts.items() if id_ not in known]


def _entitle(session: Session, alerts: Iterable[Received]) -> None:
    """Titles that are new; in order, so that no two processes wait for each other."""
    found = sorted({(alert.detection, alert.title) for alert in alerts})
    rows = [{"detection": d, "title": title, "folded": title.casefold()} for d, title in found]
    insert_new(session, Title, rows)


def _write(
    session: Session, alerts: Sequence[Received]
) -> tuple[dict[str, str], list[TallyStanding]]:
    """The alerts, each in its finding. Returns that, and how findings that were there stood."""
    by_key: dict[tuple[str, str], list[Received]] = defaultdict(list)
    for alert in alerts:
        by_key[alert.detection, alert.key or alert.id].append(alert)
    folding = {key for key, some in by_key.items() if some[0].key}
    known = _known(session, folding, by_key)
    findings: list[dict[str, Any]] = []
    changes: dict[str, Folded] = {}
    homes: dict[str, str] = {}
    for key, some in by_key.items():
        there = known.get(key, [])
        for alert in some:
            finding = finding_for(alert.time, alert.window, there)
            if finding is None:
                finding = Folded(alert.finding_id(), alert.time, alert.time, 0, is_new=True)
                there.append(finding)
                findings.append(_row(alert, finding.id))
            finding.add(alert.time)
            changes[finding.id] = finding
            homes[alert.id] = finding.id
    before = standings(session, [id_ for id_, each in changes.items() if not each.is_new])
    _change(session, findings, changes)
    insert_new(session, Alert, [_alert(alert, homes[alert.id]) for alert in alerts])
    return homes, before


def _known(
    session: Session,
    keys: Iterable[tuple[str, str]],
    alerts: Mapping[tuple[str, str], Sequence[Received]],
) -> dict[tuple[str, str], list[Folded]]:
    """The findings of these keys that may take one of the alerts."""
    wanted = sorted(keys)
    found: dict[tuple[str, str], list[Folded]] = {key: [] for key in wanted}
    for some in parts(wanted):
        every = [alert for key in some for alert in alerts[key]]
        reach = max(alert.window for alert in every)
        begin = min(alert.time for alert in every) - reach
        end = max(alert.time for alert in every) + reach
        asked = (
            select(
                AlertFinding.detection,
                AlertFinding.key,
                AlertFinding.id,
                AlertFinding.first,
                AlertFinding.last,
                AlertFinding.count,
            )
            .where(tuple_(AlertFinding.detection, AlertFinding.key).in_(some))
            .where(AlertFinding.first < end, AlertFinding.last > begin)
        )
        for detection, key, id_, first, last, count in session.execute(asked):
            found[detection, key].append(Folded(id_, first, last, count))
    return found


def _lock(session: Session, keys: Iterable[tuple[str, str]]) -> None:
    """Let no other process fold the same keys meanwhile; SQLite has one writer anyway."""
    slots = sorted({int(digest_bytes("\n".join(key).encode()), 16) % _SLOTS for key in keys})
    if session.get_bind().dialect.name == POSTGRESQL and slots:
        asked = "SELECT pg_advisory_xact_lock(:of, n) FROM unnest(CAST(:slots AS int[])) AS n"
        session.execute(text(asked), {"of": _FOLDING, "slots": slots})


def _row(alert: Received, id_: str) -> dict[str, Any]:
    """A finding without alerts, which this alert opens."""
    return {
        "id": id_,
        **{name: getattr(alert, name) for name in ("detection", "title", "severity")},
        **{name: getattr(alert, name) for name in ("environment", *_BY_ROW)},
        "opened": now_ms(),
    }


def _change(
    session: Session, new: Sequence[Mapping[str, Any]], changes: Mapping[str, Folded]
) -> None:
    """New findings, and what changes in those that were there."""
    now = now_ms()
    figures = {
        id_: {"first": f.first, "last": f.last, "count": f.count, "changed": now}
        for id_, f in changes.items()
    }
    insert_new(session, AlertFinding, [{**row, **figures[row["id"]], "revision": 1} for row in new])
    old = [{"was": id_, **figures[id_]} for id_, each in changes.items() if not each.is_new]
    if old:
        table = table_of(AlertFinding)
        changing = table.update().where(table.c.id == bindparam("was"))
        session.connection().execute(changing.values(revision=table.c.revision + 1), old)


def _alert(alert: Received, finding: str) -> dict[str, Any]:
    return {
        **{name: getattr(alert, name) for name in _OF_ALERT},
        "finding": finding,
        "stored": now_ms(),
    }
