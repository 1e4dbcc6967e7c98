"""One branch that moves by compare-and-swap only, here and on a remote."""

from __future__ import annotations

from tocsin.errors import ConfigError, LedgerError, StaleError
from tocsin.model.names import ENVIRONMENT
from tocsin.state.git_ledger.repository import Repository
from tocsin.state.release import FILE as RELEASE


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
        self.aside: tuple[str, str] | None = None
        self._remote_head = self._fetch() if remote else ""

    def head(self) -> str:
        """The last commit, empty before the first."""
        return self._repository.find(self._ref)

    def commits(self) -> list[str]:
        """Its commits along first parents, newest first."""
        head = self.head()
        return self._line(head) if head else []

    def releases(self, head: str) -> list[str]:
        """Those up to `head` that made a release, newest first; the others add events only."""
        return self._line(head, "--", RELEASE) if head else []

    def release(self, head: str) -> str:
        """The newest of them, empty where there is none."""
        return "".join(self._line(head, "-1", "--", RELEASE)) if head else ""

    def refresh(self) -> None:
        """See what others did since the branch was looked at."""
        self._remote_head = self._fetch() if self._remote else ""

    def advance(self, new: str, old: str, why: str) -> None:
        """Move from `old` (empty: not there yet) to `new`, the remote first.

        Raises StaleError if the branch is no longer at `old`. Killed between the two moves, the
        remote is one ahead and the next fetch brings it here.
        """
        if self._remote:
            self._push(new)
        self._move(new, old, why)

    def overtaken(self) -> StaleError:
        """The error that somebody else was faster."""
        where = f" reached {self._remote} first" if self._remote else " came first"
        return StaleError(f"another release on {self.name}{where}")

    def _line(self, head: str, *only: str) -> list[str]:
        return self._repository.text("rev-list", "--first-parent", head, *only).split()

    def _move(self, new: str, old: str, why: str) -> None:
        none = "0" * len(new)
        try:
            self._repository.run("update-ref", "-m", f"tocsin: {why}", self._ref, new, old or none)
        except LedgerError as error:
            if self.head() != old:
                raise self.overtaken() from error
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
            self._set_aside(theirs, ours)
        return theirs

    def _set_aside(self, theirs: str, ours: str) -> None:
        """Take the remote's branch where ours has only events of its own: `aside`, since a commit.

        Raises LedgerError where it has a release.
        """
        try:
            base = self._repository.text("merge-base", theirs, ours)
        except LedgerError:  # nothing in common
            base = ""
        if not base or self.release(base) != self.release(ours):
            raise LedgerError(
                f"branch {self.name} has diverged from {self._remote}",
                hint=f"compare them, then point {self.name} to the right one with `git branch -f`",
            )
        self._move(theirs, ours, f"fetch from {self._remote}")
        self.aside = (base, ours)

    def _push(self, new: str) -> None:
        lease = f"--force-with-lease={self._ref}:{self._remote_head}"
        push = ("push", "--quiet", "--no-verify", lease)
        try:
            self._repository.run(*push, "--", self._remote, f"{new}:{self._ref}")
        except LedgerError as error:
            if self._listed() != self._remote_head:
                raise self.overtaken() from error
            raise
        self._remote_head = new

    def _listed(self) -> str:
        """The remote's head of the branch, empty if it has none."""
        listed = self._repository.text("ls-remote", "--", self._remote, self._ref)
        return listed.split()[0] if listed else ""
