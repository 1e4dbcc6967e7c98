"""One commit of a ledger as it is stored, and what is wrong with it in itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from tocsin.canonical import digest, digest_bytes
from tocsin.errors import LedgerError
from tocsin.release.entry import ENTRIES
from tocsin.state import ledger_event
from tocsin.state.consent import Consent
from tocsin.state.enclosed import ARTIFACTS, CONTENT, PLAN, beside, content_digest
from tocsin.state.git_ledger import GitLedger, Stored, object_id
from tocsin.state.record_text import ReleaseText
from tocsin.state.release import ENVELOPE, FILE, Release

_EVENTS = (ledger_event.FILE, ledger_event.ENVELOPE)
_RECORDS = (PLAN, FILE, ENVELOPE, *_EVENTS)


@dataclass(frozen=True, slots=True)
class StoredCommit:
    """`digests` is the SHA-256 of every file's content, by path; `records` some files whole."""

    commit: Stored
    records: dict[str, bytes]
    digests: dict[str, str]
    rewritten: tuple[Stored, ...]
    odd: Mapping[str, str]

    @property
    def parents(self) -> list[str]:
        """Commits that it names as those before it."""
        head = self.commit.data.split(b"\n\n", 1)[0].decode("utf-8", "replace")
        return [line.split(" ")[1] for line in head.splitlines() if line.startswith("parent ")]

    def same_release(self, other: StoredCommit) -> bool:
        """Whether both hold the same release, or none."""
        return self.digests.get(FILE) == other.digests.get(FILE)

    def same_log(self, other: StoredCommit | LedgerError) -> bool:
        """Whether both hold the same events."""
        return isinstance(other, StoredCommit) and self.log == other.log

    @property
    def log(self) -> bytes:
        """The events up to here."""
        return self.records.get(ledger_event.FILE, b"")

    def faults(self) -> Iterator[str]:
        """What is wrong with its objects."""
        for each in self.rewritten:
            yield f"git object {each.id[:12]} ({each.kind}) was rewritten"
        for path, what in self.odd.items():
            yield f"{path} is {what}, not a plain file"

    def release_faults(self, text: ReleaseText) -> Iterator[str]:
        """What is wrong with it as the commit of this release, which its record gives."""
        yield from _record(text, self)
        yield from _artifacts(text.release, self)
        yield from _enclosed(text.release, self)

    def event_faults(self, before: StoredCommit) -> Iterator[str]:
        """What is wrong with it as a commit that adds events, and leaves all else as it is."""
        if self.log == before.log:
            yield "the commit is not a release, and adds no event"
        paths = self.digests.keys() | before.digests.keys()
        for path in sorted(paths - set(_EVENTS)):
            if self.digests.get(path) != before.digests.get(path):
                yield f"the commit is not a release, and changes {path}"


NOTHING = StoredCommit(Stored("", "commit", b""), {}, {}, (), {})
"""What is before the first commit."""


class Loader:
    """Loads commits one after the other; what two have in common is looked at once."""

    def __init__(self, ledger: GitLedger) -> None:
        self._repository = ledger.repository
        self._digests: dict[str, str] = {}
        self._recent: dict[str, bytes] = {}

    def load(self, name: str) -> StoredCommit:
        """A commit with all it holds. Raises LedgerError if an object is gone or unreadable."""
        tree = self._repository.tree(name)
        records = {path: tree.files[path] for path in _RECORDS if path in tree.files}
        fresh = {n for n in (*tree.folders, *tree.files.values()) if n not in self._digests}
        wanted = [name, *sorted(fresh | {n for n in records.values() if n not in self._recent})]
        found = dict(zip(wanted, self._repository.read(wanted), strict=True))
        if lost := [n for n, stored in found.items() if stored is None]:
            raise LedgerError(f"git object {lost[0]} is missing or unreadable")
        objects = {n: stored for n, stored in found.items() if stored}
        new = [stored for n, stored in objects.items() if n not in self._digests]
        self._digests |= {n: digest_bytes(s.data) for n, s in objects.items()}
        self._recent = {
            n: objects[n].data if n in objects else self._recent[n] for n in records.values()
        }
        return StoredCommit(
            objects[name],
            {path: self._recent[n] for path, n in records.items()},
            {path: self._digests[n] for path, n in tree.files.items()},
            tuple(
                stored
                for stored in new
                if object_id(stored.kind, stored.data, stored.id) != stored.id
            ),
            tree.odd,
        )


def _record(text: ReleaseText, stored: StoredCommit) -> Iterator[str]:
    """`release.json` against its seal and the plan."""
    release = text.release
    if not text.sealed:
        yield "release.json was edited: its seal is wrong"
    if PLAN not in stored.records:
        yield "plan.json is missing"
        return
    try:
        plan = orjson.loads(stored.records[PLAN])
        after, base, number = plan["result"], plan["base"], plan["base_number"]
    except (ValueError, KeyError, TypeError):
        yield "plan.json cannot be read"
        return
    # What is stored are the canonical bytes, unless somebody wrote them.
    if release.plan != stored.digests[PLAN] and release.plan != digest(plan):
        yield "plan.json is not the plan that was released: its digest differs"
    if after != [*text.entries] and after != ENTRIES.dump_python(release.entries, mode="json"):
        yield "release.json does not list what the plan deployed"
    if base != release.parent or number != release.number - 1:
        yield "the plan was made for another base release"


def _artifacts(release: Release, stored: StoredCommit) -> Iterator[str]:
    artifacts = {f"{ARTIFACTS}{entry.path}": entry.artifact for entry in release.entries}
    approvals = _approvals(release)
    wanted = artifacts | approvals
    for path, expected in wanted.items():
        found, what = stored.digests.get(path), "approval" if path in approvals else "artifact"
        if found is None:
            yield f"{path} is missing"
        elif found != expected:
            yield f"{path} is not the {what} that was released"
    for path in sorted(stored.digests.keys() - wanted.keys()):
        if path.startswith(ARTIFACTS):
            yield f"{path} belongs to no detection of the release"


def _approvals(release: Release) -> dict[str, str]:
    consent = release.consent or Consent()
    return dict(zip(consent.approval_paths, consent.approvals, strict=True))


def _enclosed(release: Release, stored: StoredCommit) -> Iterator[str]:
    """What else lies in the commit, against the digests in `release.json`."""
    if content_digest(stored.digests) != release.content:
        yield f"{CONTENT} does not hold the files that were released"
    log = () if release.form > 1 else (ledger_event.FILE,)
    approvals = _approvals(release)
    found = beside(stored.digests, FILE, ENVELOPE, *log, *approvals)
    for path in sorted((found.keys() | release.beside.keys()) - approvals.keys()):
        if path not in found:
            yield f"{path} is missing"
        elif path not in release.beside:
            yield f"{path} is not part of the release"
        elif found[path] != release.beside[path]:
            yield f"{path} is not the file that was released"
