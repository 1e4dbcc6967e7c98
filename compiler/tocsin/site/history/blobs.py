"""Which bytes lay at a path in which release: git's own differences, asked for once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from tocsin.errors import LedgerError
from tocsin.state.git_ledger import Repository

_AT_ONCE = 500


class Blobs:
    """The blobs of some commits that follow each other, oldest first, by path."""

    def __init__(self, repository: Repository, commits: Sequence[str]) -> None:
        self._repository = repository
        self._at: dict[str, list[int]] = {}
        self._blob: dict[str, list[str]] = {}
        place = {commit: n for n, commit in enumerate(commits)}
        for commit, path, blob in _differences(repository, commits):
            self._at.setdefault(path, []).append(place[commit])
            self._blob.setdefault(path, []).append(blob)

    def at(self, path: str, place: int) -> str:
        """Id of the blob at a path in the commit at this place, empty where there is none."""
        found = bisect_right(self._at.get(path, ()), place)
        return self._blob[path][found - 1] if found else ""

    def places(self, path: str) -> list[tuple[int, str]]:
        """The places where a path got another blob, empty where it went away."""
        return list(zip(self._at.get(path, ()), self._blob.get(path, ()), strict=True))

    def below(self, folder: str) -> list[str]:
        """Paths that ever lay below a folder."""
        return sorted(path for path in self._at if path.startswith(folder))

    def read(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """The bytes of these blobs, by id. Raises LedgerError where one is gone."""
        wanted = sorted({*blobs} - {""})
        found: dict[str, bytes] = {}
        for at in range(0, len(wanted), _AT_ONCE):
            some = wanted[at : at + _AT_ONCE]
            for name, stored in zip(some, self._repository.read(some), strict=True):
                if stored is None:
                    raise LedgerError(
                        f"git object {name} is missing or unreadable",
                        hint="`tocsin verify` lists what is damaged",
                    )
                found[name] = stored.data
        return found


def _differences(repository: Repository, commits: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Commit, path and new blob, empty where the path is gone."""
    lines = [
        f"{now} {before}".rstrip() for now, before in zip(commits, ("", *commits), strict=False)
    ]
    command = ("diff-tree", "--stdin", "-r", "--root", "--raw", "--no-abbrev", "--no-renames", "-z")
    told = repository.run(*command, stdin="".join(f"{line}\n" for line in lines).encode())
    words = iter(told.decode("utf-8", "surrogateescape").split("\0"))
    commit = ""
    for word in words:
        if word.startswith(":"):
            blob = word.split(" ")[3]
            yield commit, next(words), blob if blob.strip("0") else ""
        elif word:
            commit = word
