"""Git commands on one repository: the only place that speaks to GitPython."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import LedgerError
from tocsin.state.release import Revision

try:
    import git  # noqa: TID251 - this is the one module that speaks to GitPython
except ImportError as missing:  # GitPython refuses to load without the program
    raise LedgerError("git is not installed", hint="the ledger lives in git") from missing

_PLAIN = ("100644", "040000")
_MODES = {"100755": "a program", "120000": "a link", "160000": "a submodule"}


@dataclass(frozen=True, slots=True)
class Stored:
    """A git object as it lies in the repository."""

    id: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Tree:
    """What one commit holds: object ids of its files by path, and of the folders.

    `odd`: by path, what is neither a plain file (mode 100644) nor a folder.
    """

    files: Mapping[str, str]
    folders: tuple[str, ...]
    odd: Mapping[str, str]


class Repository:
    """Git commands on one repository, whatever the caller's environment or config says."""

    def __init__(self, start: Path) -> None:
        try:
            with git.Repo(start, search_parent_directories=True) as repo:
                self.git_dir = Path(repo.git_dir)
                self.root = Path(repo.working_tree_dir or repo.git_dir)
        except (git.exc.InvalidGitRepositoryError, git.exc.NoSuchPathError) as error:
            raise LedgerError(
                f"{start} is not in a git repository, and the ledger lives in git",
                hint="run `git init` in the folder that holds the project",
            ) from error
        self._git = git.Git(self.root)

    def run(self, *command: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Output of `git <command>`. Raises LedgerError with git's own words."""
        fixed = {"GIT_DIR": str(self.git_dir), "GIT_NO_REPLACE_OBJECTS": "1"}
        fixed |= {"GIT_WORK_TREE": str(self.root), "GIT_TERMINAL_PROMPT": "0"}
        with tempfile.TemporaryFile() as source:
            source.write(stdin)
            source.seek(0)
            try:
                output: bytes = self._git.execute(
                    ["git", "--no-optional-locks", *command],
                    istream=source,
                    env={**fixed, **(env or {})},
                    stdout_as_string=False,
                    strip_newline_in_stdout=False,
                )
            except git.exc.GitCommandError as error:
                raise LedgerError(f"git {command[0]} failed: {_words(error)}") from error
        return output

    def text(self, *command: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Output as stripped text."""
        return self.run(*command, stdin=stdin, env=env).decode("utf-8", "replace").strip()

    def find(self, ref: str) -> str:
        """Object id of a ref, empty if there is no such ref."""
        return self.text("for-each-ref", "--format=%(objectname)", ref)

    def setting(self, name: str) -> str:
        """A git setting, empty if unset."""
        return self.text("config", "--default", "", "--get", name)

    def read(self, names: Sequence[str]) -> list[Stored | None]:
        """Objects by name (`<id>`, `<commit>:<path>`), None for those that do not exist."""
        if not names:
            return []
        stream = self.run("cat-file", "--batch", stdin="".join(f"{n}\n" for n in names).encode())
        found: list[Stored | None] = []
        at = 0
        while at < len(stream):
            end = stream.index(b"\n", at)
            head = stream[at:end].decode("utf-8", "replace").split(" ")
            at = end + 1
            if head[-1] == "missing":
                found.append(None)
                continue
            name, kind, size = head[-3], head[-2], int(head[-1])
            found.append(Stored(name, kind, stream[at : at + size]))
            at += size + 1
        return found

    def tree(self, commit: str) -> Tree:
        """All files and folders of a commit."""
        files: dict[str, str] = {}
        odd: dict[str, str] = {}
        folders = [self.text("rev-parse", f"{commit}^{{tree}}")]
        listing = self.run("ls-tree", "-r", "-t", "-z", commit).decode("utf-8", "surrogateescape")
        for line in filter(None, listing.split("\0")):
            facts, path = line.split("\t", 1)
            mode, kind, name = facts.split(" ")
            if kind == "tree":
                folders.append(name)
            elif kind == "blob":
                files[path] = name
            if mode not in _PLAIN:
                odd[path] = _MODES.get(mode, "an entry")
        return Tree(files, tuple(folders), odd)

    def authors(self, since: str, until: str, folder: Path) -> tuple[str, ...]:
        """Addresses of those who wrote what `until` has in a folder, and `since` has not.

        Without `since`, of the last commit there. A merge counts where it differs from all that it
        merges. Raises LedgerError where a commit is not here.
        """
        span = (f"{since}..{until}",) if since else ("--max-count=1", until)
        form = "--format=%x00%ae%n%(trailers:key=Co-authored-by,valueonly)%x01"
        command = ("log", "--cc", "--name-only", form, *span, "--", str(folder))
        found: dict[str, None] = {}
        for each in self.text(*command).split("\0")[1:]:
            names, _, files = each.partition("\x01")
            if files.strip():
                found |= dict.fromkeys(map(_address, filter(None, names.splitlines())))
        return tuple(found)

    def revision(self, project: Path) -> Revision:
        """The commit checked out, and whether the project's folder differs from it."""
        try:
            head = self.text("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        except LedgerError:  # no commit yet
            head = ""
        changed = self.run("status", "--porcelain", "--", str(project))
        return Revision(head, bool(changed.strip()))


def _address(line: str) -> str:
    """The address in `name <address>`, or the whole line."""
    return line.rstrip("> ").rpartition("<")[2].strip()


def object_id(kind: str, data: bytes, like: str) -> str:
    """The id that git gives these bytes, in the object format that another id has."""
    whole = f"{kind} {len(data)}\0".encode() + data
    if len(like) == hashlib.sha256().digest_size * 2:
        return hashlib.sha256(whole).hexdigest()
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest()


def _words(error: git.exc.GitCommandError) -> str:
    """Git's complaint in one line, without GitPython's wrapping."""
    text = str(error.stderr).strip().removeprefix("stderr:").strip().strip("'")
    return " ".join(text.split()) or f"exit code {error.status}"
