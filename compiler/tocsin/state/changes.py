"""What git knows of a folder: commits by their names, and how it was at one of them."""

from __future__ import annotations

import tarfile
from pathlib import Path
from tempfile import TemporaryFile

from git import GitCommandError, InvalidGitRepositoryError, Repo  # noqa: TID251 - reads git only

from tocsin.errors import ConfigError


def put_back(folder: Path, rev: str, into: Path) -> Path | None:
    """The folder as of a revision, below an empty one; None where the revision has none."""
    with _repository(folder) as repo, TemporaryFile() as archive:
        inside = folder.resolve().relative_to(Path(repo.working_dir).resolve()).as_posix()
        if rev == "HEAD" and not repo.head.is_valid():
            return None  # before the first commit, where its hooks run
        try:
            repo.git.archive(_commit(repo, rev), "--", inside, output_stream=archive)
        except GitCommandError:
            return None
        archive.seek(0)
        _extract(archive, into)
        return into / inside


def commit_of(folder: Path, rev: str) -> str:
    """The id of a commit. Raises ConfigError where git knows none."""
    with _repository(folder) as repo:
        return _commit(repo, rev)


def root_of(folder: Path) -> Path:
    """The root of the repository that a folder is in."""
    with _repository(folder) as repo:
        return Path(repo.working_dir).resolve()


def _repository(folder: Path) -> Repo:
    try:
        return Repo(folder, search_parent_directories=True)
    except InvalidGitRepositoryError:
        hint = "what changed is told by the history of a git repository"
        raise ConfigError(f"{folder} is in no git repository", hint=hint) from None


def _commit(repo: Repo, rev: str) -> str:
    try:
        if rev and not rev.startswith("-"):
            return str(repo.git.rev_parse("--verify", "--end-of-options", f"{rev}^{{commit}}"))
    except GitCommandError:
        pass
    raise ConfigError(f"git knows no revision {rev!r}")


def _extract(archive: object, into: Path) -> None:
    """Regular files only: nothing else of a project is read."""
    with tarfile.open(fileobj=archive) as tar:  # type: ignore[call-overload]
        for member in tar:
            if member.isreg():
                tar.extract(member, into, filter="data")
