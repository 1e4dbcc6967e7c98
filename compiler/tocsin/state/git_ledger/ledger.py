"""The ledger of an environment as commits: plumbing only, no work tree or index is touched."""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tocsin.canonical import digest_bytes
from tocsin.errors import LedgerError
from tocsin.release.entry import Entry
from tocsin.state.git_ledger.branch import Branch
from tocsin.state.git_ledger.repository import Repository
from tocsin.state.release import Release, decode, encode, sealed

_GENERATED = "artifacts/"


Sign = Callable[[bytes], bytes]
"""Of the bytes of `release.json`, those of the envelope beside it."""


class GitLedger:
    """The releases of one environment. With `remote`, that repository's branch decides."""

    def __init__(
        self,
        start: Path,
        environment: str,
        *,
        project: str = "",
        remote: str = "",
        sign: Sign | None = None,
    ) -> None:
        self.environment = environment
        self.project = project
        self._sign = sign
        self.repository = Repository(start)
        self.branch = Branch(self.repository, environment, remote)

    def last(self) -> Release | None:
        """The newest release, None before the first."""
        head = self.branch.head()
        if not head:
            return None
        release = self._unedited(head)
        if self.project and release.project != self.project:
            raise LedgerError(
                f"branch {self.branch.name} holds releases of project {release.project!r}, "
                f"not of {self.project!r}",
                hint="give the two projects environments of different names",
            )
        return release

    def releases(self) -> list[Release]:
        """All releases, newest first."""
        return self._decode(self.branch.commits())

    def bodies(self, release: Release, entries: Iterable[Entry]) -> dict[str, bytes]:
        """Stored bytes by digest; LedgerError if they are not what the release says."""
        self._unedited(release.commit)
        wanted = list(entries)
        names = [f"{release.commit}:{_GENERATED}{e.path}" for e in wanted]
        found: dict[str, bytes] = {}
        for entry, stored in zip(wanted, self.repository.read(names), strict=True):
            if stored is None or digest_bytes(stored.data) != entry.artifact:
                raise LedgerError(
                    f"release {release.number} does not have the recorded artifact of {entry.key}",
                    hint="`tocsin verify` lists what is damaged",
                )
            found[entry.artifact] = stored.data
        return found

    def commit(self, release: Release, files: Mapping[str, bytes]) -> Release:
        """Append the release, if `release.parent` is still the last one; else StaleError."""
        data = encode(release)
        signature = {"release.dsse.json": self._sign(data)} if self._sign else {}
        tree = self._write_tree(release, {**files, "release.json": data, **signature})
        new = self._write_commit(release, tree)
        self.branch.advance(new, release.parent, f"release {release.number}")
        return replace(release, commit=new)

    def who(self) -> str:
        """`name <email>` of the person that git knows, or of the system's user."""
        name, email = self._person()
        return f"{name} <{email}>"

    def _unedited(self, commit: str) -> Release:
        """The release of a commit, to build on. Raises LedgerError if it was edited."""
        [stored] = self.repository.read([f"{commit}:release.json"])
        data = stored.data if stored else b""
        release = decode(data, commit)
        if not sealed(data):
            raise LedgerError(
                f"release {release.number} was edited after it was made: its seal is wrong",
                hint="`tocsin verify` lists what is damaged",
            )
        return release

    def _decode(self, commits: Sequence[str]) -> list[Release]:
        found = self.repository.read([f"{commit}:release.json" for commit in commits])
        return [
            decode(stored.data if stored else b"", commit)
            for commit, stored in zip(commits, found, strict=True)
        ]

    def _write_tree(self, release: Release, files: Mapping[str, bytes]) -> str:
        """A tree of the given files and of the parent's artifacts that are still deployed."""
        blobs = self._write_blobs(files)
        if release.parent:
            kept = self.repository.tree(release.parent).files
            paths = (_GENERATED + e.path for e in release.entries)
            blobs = {p: kept[p] for p in paths if p in kept} | blobs
        if lost := [e.key for e in release.entries if _GENERATED + e.path not in blobs]:
            raise LedgerError(
                f"release {release.number - 1} does not hold the artifact of {lost[0]}",
                hint="`tocsin verify` lists what is damaged",
            )
        lines = "".join(f"100644 {blob}\t{path}\0" for path, blob in blobs.items())
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": f"{folder}/index"}
            command = ("update-index", "-z", "--index-info")
            self.repository.run(*command, stdin=lines.encode(), env=index)
            return self.repository.text("write-tree", env=index)

    def _write_blobs(self, files: Mapping[str, bytes]) -> dict[str, str]:
        """Object ids by path. One git process for all; attributes and filters do not apply."""
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for number, data in enumerate(files.values()):
                name = Path(folder, str(number))
                name.write_bytes(data)
                names.append(f"{name}\n")
            command = ("hash-object", "-w", "--no-filters", "--stdin-paths")
            ids = self.repository.text(*command, stdin="".join(names).encode()).split()
        return dict(zip(files, ids, strict=True))

    def _write_commit(self, release: Release, tree: str) -> str:
        done = ", ".join(f"{n} {action}" for action, n in release.counts.items())
        message = f"{release.environment}: release {release.number}\n\n{release.reason}\n{done}\n"
        parent = ("-p", release.parent) if release.parent else ()
        sign = ("-S",) if self.repository.setting("commit.gpgsign").lower() == "true" else ()
        name, email = self._person()
        person = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", name), ("EMAIL", email))
        }
        command = ("commit-tree", *sign, *parent, tree)
        return self.repository.text(*command, stdin=message.encode(), env=person)

    def _person(self) -> tuple[str, str]:
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container's user without a name
            user = "tocsin"
        setting = self.repository.setting
        name = os.environ.get("GIT_AUTHOR_NAME") or setting("user.name") or user
        email = os.environ.get("GIT_AUTHOR_EMAIL") or setting("user.email") or f"{user}@localhost"
        return name, email
