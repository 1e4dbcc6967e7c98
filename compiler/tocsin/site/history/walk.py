"""The releases of a ledger up to a moment, each read once, oldest first, and the events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError, LedgerError
from tocsin.release.entry import ENTRIES, Action, Entry
from tocsin.site.history.blobs import Blobs
from tocsin.site.history.dates import utc
from tocsin.state import ledger_event
from tocsin.state.git_ledger import GitLedger
from tocsin.state.ledger_event import AnyEvent
from tocsin.state.proof import Proof, prove
from tocsin.state.record_text import BAD, RawEntry, RecordReader
from tocsin.state.release import ENVELOPE, FILE, Release, release_of, unreadable
from tocsin.trust.trust_file import Trust

_HINT = "`tocsin verify` lists what is damaged"


@dataclass(frozen=True, slots=True)
class EntryDifference:
    """What a release did to one detection, whatever it says; `after` is None where it is gone."""

    id: str
    action: str
    before: Entry | None
    after: Entry | None


@dataclass(frozen=True, slots=True)
class ReleaseRead:
    """A release without its entries, where it stands among the commits, and what is new in it."""

    release: Release
    made: str
    place: int
    digest: str
    proof: Proof
    differences: tuple[EntryDifference, ...]
    live: int
    shadow: int


@dataclass(frozen=True, slots=True)
class Walk:
    """All that was read: releases and events up to a moment, and what lay in their commits."""

    releases: tuple[ReleaseRead, ...]
    events: tuple[AnyEvent, ...]
    commits: tuple[str, ...]
    blobs: Blobs


def walk(ledger: GitLedger, until: str, trust: Trust | None) -> Walk:
    """All up to a moment, to the end without one.

    Raises LedgerError where the ledger is damaged, ConfigError where it has no release by then.
    """
    commits = tuple(reversed(ledger.branch.commits()))
    making = set(ledger.branch.releases(commits[-1])) if commits else set()
    reader = _Reader(ledger, trust)
    read: list[ReleaseRead] = []
    for place, commit in enumerate(commits):
        if commit in making:
            found = reader.next(commit, place)
            if until and found.made > until:
                commits = commits[:place]
                break
            read.append(found)
    if not read:
        raise _nothing(ledger, until)
    commits = _until(ledger, commits, read[-1].place, until)
    events = _events(ledger, commits[-1], until)
    return Walk(tuple(read), events, commits, Blobs(ledger.repository, commits))


class _Reader:
    """Reads one release after the other."""

    def __init__(self, ledger: GitLedger, trust: Trust | None) -> None:
        self._ledger, self._trust = ledger, trust
        self._records = RecordReader()
        self._raw: dict[str, RawEntry] = {}
        self._entries: dict[str, Entry] = {}
        self._last: Release | None = None

    def next(self, commit: str, place: int) -> ReleaseRead:
        """The release of a commit. Raises LedgerError."""
        names = [f"{commit}:{name}" for name in (FILE, ENVELOPE)]
        stored, envelope = self._ledger.repository.read(names)
        data = stored.data if stored else b""
        try:
            text = self._records.read(data)
            release = release_of(text.rest, commit)
            differences = tuple(self._differences(text.entries))
        except BAD as bad:
            raise unreadable(commit, bad) from bad
        self._check(release, sealed=text.sealed)
        self._last = release
        records = {FILE: data} | ({ENVELOPE: envelope.data} if envelope else {})
        modes = [entry.mode for entry in self._entries.values() if not entry.beside]
        return ReleaseRead(
            release=release,
            made=utc(release.made),
            place=place,
            digest=digest_bytes(data),
            proof=prove(release, records, self._trust),
            differences=differences,
            live=modes.count("live"),
            shadow=modes.count("shadow"),
        )

    def _differences(self, now: Sequence[RawEntry]) -> Iterator[EntryDifference]:
        raw = {entry["id"]: entry for entry in now}
        fresh = [e for id_, e in raw.items() if e is not self._raw.get(id_)]
        before = self._entries
        read = dict(zip((e["id"] for e in fresh), ENTRIES.validate_python(fresh), strict=True))
        self._entries = {id_: read.get(id_) or before[id_] for id_ in raw}
        self._raw = raw
        for id_, after in read.items():
            if after.action is not Action.UNCHANGED or _differs(after, before.get(id_)):
                yield EntryDifference(id_, str(after.action), before.get(id_), after)
        for id_ in sorted(before.keys() - raw.keys()):
            yield EntryDifference(id_, str(Action.REMOVED), before[id_], None)

    def _check(self, release: Release, *, sealed: bool) -> None:
        """Raises LedgerError where the release is not one that follows the last one here."""
        last, ledger = self._last, self._ledger
        number, parent = (last.number + 1, last.commit) if last else (1, "")
        if not sealed:
            wrong = "it was edited after it was made: its seal is wrong"
        elif release.number != number:
            wrong = f"release {number} should stand here: numbers are missing or repeated"
        elif release.parent != parent:
            wrong = "it does not follow the release before it"
        elif last and utc(release.made) < utc(last.made):
            wrong = "it was made before the release before it: a clock was set back"
        elif release.environment != ledger.environment:
            wrong = f"it is a release of environment {release.environment!r}"
        elif ledger.project and release.project != ledger.project:
            wrong = f"it is a release of project {release.project!r}"
        else:
            return
        raise LedgerError(f"release {release.number} cannot be relied on: {wrong}", hint=_HINT)


def _differs(after: Entry, before: Entry | None) -> bool:
    return before is None or replace(before, action=after.action) != after


def _until(ledger: GitLedger, commits: Sequence[str], last: int, until: str) -> tuple[str, ...]:
    """Without the commits at the end whose events are later."""
    for end in range(len(commits), last + 1, -1):
        log = ledger_event.read(_log(ledger, commits[end - 1]))
        if not until or (log and utc(log[-1].at) <= until):
            return tuple(commits[:end])
    return tuple(commits[: last + 1])


def _events(ledger: GitLedger, head: str, until: str) -> tuple[AnyEvent, ...]:
    log = _log(ledger, head)
    if wrong := next(ledger_event.faults(log, ledger.environment), ""):
        raise LedgerError(f"the events of the ledger cannot be relied on: {wrong}", hint=_HINT)
    return tuple(e for e in ledger_event.read(log) if not until or utc(e.at) <= until)


def _log(ledger: GitLedger, commit: str) -> bytes:
    [stored] = ledger.repository.read([f"{commit}:{ledger_event.FILE}"])
    return stored.data if stored else b""


def _nothing(ledger: GitLedger, until: str) -> ConfigError:
    lacks = f"had no release at {until}" if until else "has no release yet"
    return ConfigError(
        f"environment {ledger.environment} {lacks}",
        hint=f"`tocsin history --env {ledger.environment}` lists the releases",
    )
