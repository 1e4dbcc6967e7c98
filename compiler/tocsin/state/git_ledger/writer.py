"""New commits of a ledger, out of plumbing only: no work tree or index is touched."""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tocsin.state.git_ledger.repository import Repository, object_id


class Writer:
    """Writes objects into a repository; nothing refers to them yet."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def blobs(self, files: Mapping[str, bytes], known: Collection[str] = ()) -> dict[str, str]:
        """Object ids by path. One git process for all; attributes and filters do not apply.

        `known`: ids of blobs that are there already.
        """
        like = next(iter(known), "")
        ids = {path: object_id("blob", data, like) for path, data in files.items() if like}
        fresh = {path: data for path, data in files.items() if ids.get(path) not in known}
        return ids | (self._written(fresh) if fresh else {})

    def _written(self, files: Mapping[str, bytes]) -> dict[str, str]:
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for number, data in enumerate(files.values()):
                name = Path(folder, str(number))
                name.write_bytes(data)
                names.append(f"{name}\n")
            command = ("hash-object", "-w", "--no-filters", "--stdin-paths")
            ids = self._repository.text(*command, stdin="".join(names).encode()).split()
        return dict(zip(files, ids, strict=True))

    def tree(self, blobs: Mapping[str, str], base: str = "") -> str:
        """The tree with these blobs by path, besides those of a commit `base`."""
        lines = "".join(f"100644 {blob}\t{path}\0" for path, blob in blobs.items())
        with self._index() as index:
            if base:
                self._repository.run("read-tree", base, env=index)
            command = ("update-index", "--add", "-z", "--index-info")
            told = lines.encode("utf-8", "surrogateescape")
            self._repository.run(*command, stdin=told, env=index)
            return self._repository.text("write-tree", env=index)

    def commit(self, tree: str, parent: str, message: str) -> str:
        """A commit by the person that git knows, signed where git's settings say so."""
        after = ("-p", parent) if parent else ()
        sign = ("-S",) if self._repository.setting("commit.gpgsign").lower() == "true" else ()
        name, email = self.person()
        person = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", name), ("EMAIL", email))
        }
        command = ("commit-tree", *sign, *after, tree)
        return self._repository.text(*command, stdin=message.encode(), env=person)

    def person(self) -> tuple[str, str]:
        """Name and address of the person that git knows, or of the system's user."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container's user without a name
            user = "tocsin"
        setting = self._repository.setting
        name = os.environ.get("GIT_AUTHOR_NAME") or setting("user.name") or user
        email = os.environ.get("GIT_AUTHOR_EMAIL") or setting("user.email") or f"{user}@localhost"
        return name, email

    @contextmanager
    def _index(self) -> Iterator[dict[str, str]]:
        with tempfile.TemporaryDirectory() as folder:
            yield {"GIT_INDEX_FILE": f"{folder}/index"}
