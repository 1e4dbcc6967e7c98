"""The part of GitHub's REST API that tells a review: what a run says is asked for anew."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from tocsin.errors import ConfigError
from tocsin.forge.client import (
    MOST_PAGES,
    PAGE,
    ArtifactError,
    ChangedFile,
    ForgeAnswer,
    ForgeClient,
    ForgeError,
    forge_client,
)
from tocsin.secrets import Secret

_MOST_COMMITS = 250
"""So many commits of a pull request GitHub lists at most."""
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_T = TypeVar("_T")


class _Owner(ForgeAnswer):
    login: str


class _HeadRepository(ForgeAnswer):
    owner: _Owner


class WorkflowRun(ForgeAnswer):
    """A run; branch and owner are where its commit came from, and may be a stranger's."""

    id: int
    event: str
    head_sha: str
    head_branch: str | None
    head_repository: _HeadRepository | None
    conclusion: str | None


class _Commit(ForgeAnswer):
    sha: str


class _Branch(ForgeAnswer):
    ref: str


class PullRequest(ForgeAnswer):
    """A pull request; `base`: the branch that it is to be merged into."""

    number: int
    head: _Commit
    base: _Branch
    user: _Owner | None


class SubmittedReview(ForgeAnswer):
    """What somebody thinks of one commit of a pull request."""

    id: int
    user: _Owner | None
    state: str
    commit_id: str | None
    author_association: str


class PushedCommit(ForgeAnswer):
    """Who wrote a commit and who made it, as far as the forge knows them."""

    author: _Owner | None
    committer: _Owner | None

    @property
    def logins(self) -> set[str]:
        """Of both."""
        return {each.login for each in (self.author, self.committer) if each}


class IssueComment(ForgeAnswer):
    """A comment, and who wrote it."""

    id: int
    body: str | None
    user: _Owner | None


class _Artifact(ForgeAnswer):
    id: int
    name: str
    size_in_bytes: int
    expired: bool


class _Artifacts(ForgeAnswer):
    artifacts: list[_Artifact]


@contextmanager
def github(repository: str, token: Secret, api: str) -> Iterator[GitHub]:
    """A repository, with the rights of a token. Raises ConfigError for what cannot be one."""
    if not _REPOSITORY.fullmatch(repository):
        raise ConfigError(f"{repository!r} is not a repository", hint="name it as OWNER/NAME")
    headers = {
        "Authorization": f"Bearer {token.reveal()}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    with forge_client("GitHub", api, f"repos/{repository}/", headers) as client:
        yield GitHub(client)


class GitHub:
    """One repository."""

    def __init__(self, client: ForgeClient) -> None:
        self._client = client

    def run(self, number: int) -> WorkflowRun:
        """A run of a workflow."""
        return self._client.get(f"actions/runs/{number}", WorkflowRun)

    def pull_requests(self, run: WorkflowRun) -> list[PullRequest]:
        """The open ones whose head is the run's commit now."""
        if not run.head_branch or run.head_repository is None:
            return []
        head = f"{run.head_repository.owner.login}:{run.head_branch}"
        found = self._client.pages("pulls", PullRequest, {"state": "open", "head": head})
        return [each for each in found if each.head.sha == run.head_sha]

    def pull_request(self, number: int) -> PullRequest:
        """A pull request, also one that was merged."""
        return self._client.get(f"pulls/{number}", PullRequest)

    def reviews(self, pull: PullRequest) -> list[SubmittedReview]:
        """Its reviews, the oldest first. Raises ForgeError if they are too many."""
        return self._all(f"pulls/{pull.number}/reviews", SubmittedReview, PAGE * MOST_PAGES)

    def commits(self, pull: PullRequest) -> list[PushedCommit]:
        """Its commits. Raises ForgeError if they are too many."""
        return self._all(f"pulls/{pull.number}/commits", PushedCommit, _MOST_COMMITS)

    def files(self, pull: PullRequest) -> list[ChangedFile] | None:
        """The files that it changes; None if they are too many to be listed."""
        found = list(self._client.pages(f"pulls/{pull.number}/files", ChangedFile, {}))
        return found if len(found) < PAGE * MOST_PAGES else None

    def artifact(self, run: WorkflowRun, name: str, file: str, limit: int) -> bytes:
        """The one file that the artifact of a run holds. Raises ArtifactError."""
        answer = self._client.get(f"actions/runs/{run.id}/artifacts", _Artifacts, {"name": name})
        found = [each for each in answer.artifacts if each.name == name and not each.expired]
        if len(found) != 1:
            raise ArtifactError(f"the run left {len(found) or 'no'} artifact {name}")
        if found[0].size_in_bytes > limit:
            raise ArtifactError(f"the artifact {name} is larger than {limit} bytes")
        data = self._client.download(f"actions/artifacts/{found[0].id}/zip", "the artifact", limit)
        return unpacked(data, file, limit)

    def comments(self, pull: PullRequest) -> Iterator[IssueComment]:
        """Comments of a pull request, the oldest first."""
        yield from self._client.pages(f"issues/{pull.number}/comments", IssueComment, {})

    def say(self, pull: PullRequest, body: str) -> None:
        """Write a comment."""
        self._client.send("POST", f"issues/{pull.number}/comments", {"body": body})

    def say_instead(self, comment: IssueComment, body: str) -> None:
        """Write another text into a comment."""
        self._client.send("PATCH", f"issues/comments/{comment.id}", {"body": body})

    def _all(self, path: str, kind: type[_T], most: int) -> list[_T]:
        found = list(self._client.pages(path, kind, {}))
        if len(found) >= most:
            raise ForgeError(f"GitHub does not list all of {path}: there are {most} or more")
        return found


def unpacked(archive: bytes, file: str, limit: int) -> bytes:
    """The one file of an archive, never more than the limit, whatever it says of its size."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            if (names := opened.namelist()) != [file]:
                raise ArtifactError(f"the artifact holds {len(names)} files, not just {file}")
            with opened.open(file) as inside:
                data = inside.read(limit + 1)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as bad:
        raise ArtifactError(f"the artifact is not a readable archive: {bad}"[:200]) from None
    if len(data) > limit:
        raise ArtifactError(f"{file} is larger than {limit} bytes")
    return data
