"""The ledger of an environment as commits: releases, and events between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tocsin.canonical import digest_bytes
from tocsin.errors import LedgerError, StaleError, TocsinError
from tocsin.release.entry import Entry
from tocsin.state import ledger_event
from tocsin.state.enclosed import ARTIFACTS, CONTENT, beside, content_digest
from tocsin.state.git_ledger.branch import Branch
from tocsin.state.git_ledger.repository import Repository
from tocsin.state.git_ledger.writer import Writer
from tocsin.state.ledger_event import AnyEvent, LedgerEvent
from tocsin.state.record_text import ReleaseReader
from tocsin.state.release import ENVELOPE, FILE, KIND, Release, decode, encode, sealed

_TRIES = 10


Sign = Callable[[bytes, str], bytes]
"""Of the bytes of a file and what they are, those of the envelope that lies beside it."""


class GitLedger:
    """The releases of one environment. With `remote`, that repository's branch decides.

    `run`: the run of CI that records events.
    """

    def __init__(  # noqa: PLR0913 - all that makes one
        self,
        start: Path,
        environment: str,
        *,
        project: str = "",
        remote: str = "",
        sign: Sign | None = None,
        run: str = "",
    ) -> None:
        self.environment = environment
        self.project = project
        self._sign, self._run = sign, run
        self.repository = Repository(start)
        self.branch = Branch(self.repository, environment, remote)
        self._writer = Writer(self.repository)
        self._known: dict[str, Release] = {}
        with suppress(TocsinError):  # who may only read, or has no key, leaves it to others
            self._rejoin()

    def last(self) -> Release | None:
        """The newest release, None before the first."""
        head = self.branch.head()
        commit = self.branch.release(head)
        if not head or (not commit and self._log(head)):
            return None
        release = self._unedited(commit or head)
        if self.project and release.project != self.project:
            raise LedgerError(
                f"branch {self.branch.name} holds releases of project {release.project!r}, "
                f"not of {self.project!r}",
                hint="give the two projects environments of different names",
            )
        return release

    def releases(self) -> list[Release]:
        """All releases, newest first."""
        return self._decode(self.branch.releases(self.branch.head()))

    def numbered(self, numbers: Iterable[int]) -> list[Release]:
        """Those of these releases that there are, oldest first; no other is read."""
        wanted = {*numbers}
        commits = self.branch.releases(self.branch.head())[::-1] if wanted else []
        there = sorted(number for number in wanted if 0 < number <= len(commits))
        return self._decode([commits[number - 1] for number in there])

    def release(self, number: int) -> Release | None:
        """This release, None if there is none."""
        return next((each for each in self.numbered([number]) if each.number == number), None)

    def oldest_first(self) -> Iterator[Release]:
        """All releases, one at a time: together, those of a large ledger take gigabytes."""
        reader = ReleaseReader()
        for commit in reversed(self.branch.releases(self.branch.head())):
            [stored] = self.repository.read([f"{commit}:{FILE}"])
            yield reader.read(stored.data if stored else b"", commit).release

    def events(self) -> list[AnyEvent]:
        """All events, oldest first."""
        return ledger_event.read(self._log(self.branch.head()))

    def bodies(self, release: Release, entries: Iterable[Entry]) -> dict[str, bytes]:
        """Stored bytes by digest; LedgerError if they are not what the release says."""
        self._unedited(release.commit)
        wanted = list(entries)
        names = [f"{release.commit}:{ARTIFACTS}{e.path}" for e in wanted]
        found: dict[str, bytes] = {}
        for entry, stored in zip(wanted, self.repository.read(names), strict=True):
            if stored is None or digest_bytes(stored.data) != entry.artifact:
                raise LedgerError(
                    f"release {release.number} does not have the recorded artifact of {entry.key}",
                    hint="`tocsin verify` lists what is damaged",
                )
            found[entry.artifact] = stored.data
        return found

    def commit(
        self,
        release: Release,
        files: Mapping[str, bytes],
        events: Sequence[LedgerEvent] = (),
        content_of: str = "",
    ) -> Release:
        """Append the release, if `release.parent` is still the last one; else StaleError."""
        content = self._content(content_of) if content_of else {}
        if content_of:
            release = replace(release, content=self._decode([content_of])[0].content)

        def make(head: str) -> str:
            if self.branch.release(head) != release.parent:
                raise self.branch.overtaken()
            tree = self._write_release(head, release, files, events, content)
            return self._writer.commit(tree, head, _message(release))

        commit = self._append(make, f"release {release.number}")
        return self._decode([commit])[0]

    def content(self, release: Release, paths: Sequence[str]) -> dict[str, bytes]:
        """Those of these files of the project that a release holds, by path."""
        blobs = self.repository.tree(release.commit).files
        there = [path for path in paths if f"{CONTENT}{path}" in blobs]
        found = self.repository.read([blobs[f"{CONTENT}{path}"] for path in there])
        return {path: each.data for path, each in zip(there, found, strict=True) if each}

    def record(self, *events: LedgerEvent) -> None:
        """Append events; the release stays as it is."""
        self._record(events, self._stamp())

    def _record(self, events: Sequence[LedgerEvent], stamp: Mapping[str, str]) -> None:
        def make(head: str) -> str:
            log = ledger_event.grown(self._log(head), events, stamp)
            blobs = self._writer.blobs(self._log_files(log))
            kinds = ", ".join(str(ledger_event.as_json(event)["kind"]) for event in events)
            tree = self._writer.tree(blobs, head)
            return self._writer.commit(tree, head, f"{self.environment}: {kinds}\n")

        self._append(make, "events")

    def sign_with(self, sign: Sign) -> None:
        """From now on what is written is signed so."""
        self._sign = sign

    def who(self) -> str:
        """`name <email>` of the person that git knows, or of the system's user."""
        name, email = self._writer.person()
        return f"{name} <{email}>"

    def _rejoin(self) -> None:
        """Events that were recorded here alone come after those that the remote had meanwhile."""
        if self.branch.aside:
            before, ours = map(self._log, self.branch.aside)
            self._record(ledger_event.read(ours[len(before) :]), {})
            self.branch.aside = None

    def _append(self, make: Callable[[str], str], why: str) -> str:
        """Move the branch to what is made on its head, again where that moves meanwhile."""
        for _ in range(_TRIES - 1):
            head = self.branch.head()
            new = make(head)
            try:
                self.branch.advance(new, head, why)
            except StaleError:
                self.branch.refresh()
            else:
                return new
        raise self.branch.overtaken()

    def _log(self, head: str) -> bytes:
        """All events as they are stored."""
        [stored] = self.repository.read([f"{head}:{ledger_event.FILE}"]) if head else [None]
        return stored.data if stored else b""

    def _content(self, commit: str) -> dict[str, str]:
        """Blobs of the project's files in a release, by path."""
        files = self.repository.tree(commit).files
        return {path: blob for path, blob in files.items() if path.startswith(CONTENT)}

    def _log_files(self, log: bytes) -> dict[str, bytes]:
        if not log:
            return {}
        signature = self._signature(ledger_event.ENVELOPE, log, ledger_event.SIGNED_KIND)
        return {ledger_event.FILE: log, **signature}

    def _signature(self, name: str, data: bytes, kind: str) -> dict[str, bytes]:
        return {name: self._sign(data, kind)} if self._sign else {}

    def _stamp(self) -> dict[str, str]:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        by = {"who": self.who(), "run": self._run}
        return {"at": now, "environment": self.environment, **by}

    def _unedited(self, commit: str) -> Release:
        """The release of a commit, to build on. Raises LedgerError if it was edited."""
        if commit in self._known:
            return self._known[commit]
        [stored] = self.repository.read([f"{commit}:{FILE}"])
        data = stored.data if stored else b""
        release = decode(data, commit)
        if not sealed(data):
            raise LedgerError(
                f"release {release.number} was edited after it was made: its seal is wrong",
                hint="`tocsin verify` lists what is damaged",
            )
        return self._known.setdefault(commit, release)

    def _decode(self, commits: Sequence[str]) -> list[Release]:
        found = self.repository.read([f"{commit}:{FILE}" for commit in commits])
        return [
            decode(stored.data if stored else b"", commit)
            for commit, stored in zip(commits, found, strict=True)
        ]

    def _write_release(
        self,
        head: str,
        release: Release,
        files: Mapping[str, bytes],
        events: Sequence[LedgerEvent],
        content: Mapping[str, str],
    ) -> str:
        """A tree of the given files and of the parent's artifacts that are still deployed.

        `content`: blobs of the project's files, where they are not among the given files.
        """
        if log := ledger_event.grown(self._log(head), events, self._stamp()):
            files = {**files, **self._log_files(log)}
        digests = {path: digest_bytes(data) for path, data in files.items()}
        content_of = release.content or content_digest(digests)
        full = replace(release, form=2, content=content_of, beside=beside(digests))
        kept = self.repository.tree(release.parent).files if release.parent else {}
        data = encode(full)
        own = {FILE: data, **self._signature(ENVELOPE, data, KIND)}
        blobs = self._writer.blobs({**files, **own}, set(kept.values()))
        paths = (ARTIFACTS + e.path for e in release.entries)
        blobs = {p: kept[p] for p in paths if p in kept} | {**content} | blobs
        if lost := [e.key for e in release.entries if ARTIFACTS + e.path not in blobs]:
            raise LedgerError(
                f"release {release.number - 1} does not hold the artifact of {lost[0]}",
                hint="`tocsin verify` lists what is damaged",
            )
        return self._writer.tree(blobs)


def _message(release: Release) -> str:
    done = ", ".join(f"{n} {action}" for action, n in release.counts.items())
    return f"{release.environment}: release {release.number}\n\n{release.reason}\n{done}\n"
