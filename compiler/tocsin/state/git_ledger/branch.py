"""One branch that moves by compare-and-swap only, here and on a remote."""

from __future__ import annotations

from tocsin.errors import ConfigError, LedgerError, StaleError
from tocsin.model.names import ENVIRONMENT
from tocsin.state.git_ledger.repository import Repository


class Branch:
    """The branch `tocsin/<env>`. With `remote`, that repository's branch decides who was first."""

    def __init__(self, repository: Repository, environment: str, remote: str = "") -> None:
        if not ENVIRONMENT.fullmatch(environment) or environment.endswith(".lock"):
            raise ConfigError(
                f"environment {environment!r} cannot name a branch",
                hint="use letters, digits, - and _",
            )
        if remote.startswith("-") or not remote.isprintable():
            raise ConfigError(f"{remote!r} is not a git remote")
        self.name = f"tocsin/{environment}"
        self._repository = repository
        self._ref = f"refs/heads/{self.name}"
        self._remote = remote
        self._remote_head = self._fetch() if remote else ""

    def head(self) -> str:
        """Commit of the last release, empty before the first."""
        return self._repository.find(self._ref)

    def commits(self) -> list[str]:
        """Its commits along first parents, newest first."""
        head = self.head()
        return self._line(head) if head else []

    def advance(self, new: str, old: str, why: str) -> None:
        """Move from `old` (empty: not there yet) to `new`, the remote first.

        Raises StaleError if the branch is no longer at `old`. Killed between the two moves, the
        remote is one ahead and the next fetch brings it here.
        """
        if self._remote:
            self._push(new)
        self._move(new, old, why)

    def _line(self, head: str) -> list[str]:
        return self._repository.text("rev-list", "--first-parent", head).split()

    def _move(self, new: str, old: str, why: str) -> None:
        none = "0" * len(new)
        try:
            self._repository.run("update-ref", "-m", f"tocsin: {why}", self._ref, new, old or none)
        except LedgerError as error:
            if self.head() != old:
                raise StaleError(f"another release on {self.name} came first") from error
            raise

    def _fetch(self) -> str:
        """Bring the branch up to the remote's; gives the remote's head, empty if it has none."""
        theirs, ours = self._listed(), self.head()
        if not theirs or theirs == ours:
            return theirs
        fetch = ("fetch", "--quiet", "--no-write-fetch-head", "--no-tags")
        self._repository.run(*fetch, "--", self._remote, self._ref)
        if not ours or ours in self._line(theirs):
            self._move(theirs, ours, f"fetch from {self._remote}")
        elif theirs not in self._line(ours):
            raise LedgerError(
                f"branch {self.name} has diverged from {self._remote}",
                hint=f"compare them, then point {self.name} to the right one with `git branch -f`",
            )
        return theirs

    def _push(self, new: str) -> None:
        lease = f"--force-with-lease={self._ref}:{self._remote_head}"
        push = ("push", "--quiet", "--no-verify", lease)
        try:
            self._repository.run(*push, "--", self._remote, f"{new}:{self._ref}")
        except LedgerError as error:
            if self._listed() != self._remote_head:
                raise StaleError(
                    f"another release on {self.name} reached {self._remote} first"
                ) from error
            raise
        self._remote_head = new

    def _listed(self) -> str:
        """The remote's head of the branch, empty if it has none."""
        listed = self._repository.text("ls-remote", "--", self._remote, self._ref)
        return listed.split()[0] if listed else ""
