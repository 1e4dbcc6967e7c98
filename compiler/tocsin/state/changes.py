"""Which files changed since a revision, for test runs of a pull request."""

from __future__ import annotations

from pathlib import Path

from git import GitCommandError, InvalidGitRepositoryError, Repo  # noqa: TID251 - reads git only

from tocsin.errors import ConfigError


def changed_files(folder: Path, rev: str) -> set[Path]:
    """Absolute paths below a folder that differ from the revision, untracked ones included."""
    try:
        repo = Repo(folder, search_parent_directories=True)
    except InvalidGitRepositoryError:
        hint = "--changed-since needs the history of a git repository"
        raise ConfigError(f"{folder} is in no git repository", hint=hint) from None
    with repo:
        top = Path(repo.working_dir)
        if not rev or rev.startswith("-"):
            raise ConfigError(f"git knows no revision {rev!r}")
        try:
            names = repo.git.diff("--name-only", "-z", "--end-of-options", rev, "--", str(folder))
        except GitCommandError:
            raise ConfigError(f"git knows no revision {rev!r}") from None
        changed = [name for name in names.split("\0") if name]
        return {(top / name).resolve() for name in (*changed, *repo.untracked_files)}
