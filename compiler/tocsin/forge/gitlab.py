"""The part of GitLab's REST API that tells reviews: what a pipeline says is asked for anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
    forge_client,
)
from tocsin.secrets import Secret

_PROJECT = re.compile(r"[0-9]{1,12}")
_T = TypeVar("_T")


class _Account(ForgeAnswer):
    username: str


class MergeRequest(ForgeAnswer):
    """An open merge request; `sha`: the commit at which it ends."""

    iid: int
    sha: str | None


class MergePipeline(ForgeAnswer):
    """A pipeline of a merge request."""

    id: int
    sha: str
    status: str


class _PipelineJob(ForgeAnswer):
    id: int
    name: str


class _Diff(ForgeAnswer):
    old_path: str
    new_path: str


class MergeNote(ForgeAnswer):
    """A note, and who wrote it."""

    id: int
    body: str
    author: _Account


@contextmanager
def gitlab(project: str, token: Secret, api: str) -> Iterator[GitLab]:
    """A project by its number, with the rights of a token. Raises ConfigError."""
    if not _PROJECT.fullmatch(project):
        raise ConfigError(f"{project!r} is not a project", hint="give its number: CI_PROJECT_ID")
    headers = {
        "Authorization": f"Bearer {token.reveal()}"
    }  # not sent on where a file lies elsewhere
    with forge_client("GitLab", api, "", headers) as client:
        yield GitLab(client, project)


class GitLab:
    """One project."""

    def __init__(self, client: ForgeClient, project: str) -> None:
        self._client = client
        self._project = f"projects/{project}"

    def account(self) -> str:
        """Whose token it is."""
        return self._client.get("user", _Account).username

    def merge_requests(self) -> Iterator[MergeRequest]:
        """The open ones."""
        yield from self._pages("merge_requests", MergeRequest, {"state": "opened"})

    def pipeline(self, merge: MergeRequest) -> MergePipeline | None:
        """The newest pipeline of the commit at which it ends, as long as there is one."""
        found = self._pages(f"{_place(merge)}/pipelines", MergePipeline, {})
        own = [each for each in found if each.sha == merge.sha]
        return max(own, key=lambda each: each.id, default=None)

    def artifact(self, pipeline: MergePipeline, job: str, file: str, limit: int) -> bytes:
        """A file that a job of this name left. Raises ArtifactError."""
        jobs = self._pages(f"pipelines/{pipeline.id}/jobs", _PipelineJob, {})
        found = [each for each in jobs if each.name == job]
        if len(found) != 1:
            raise ArtifactError(f"the pipeline has {len(found) or 'no'} job {job}")
        place = f"{self._project}/jobs/{found[0].id}/artifacts/{file}"
        return self._client.download(place, file, limit)

    def files(self, merge: MergeRequest) -> list[ChangedFile] | None:
        """The files that it changes; None if they are too many to be listed."""
        found = list(self._pages(f"{_place(merge)}/diffs", _Diff, {}))
        if len(found) >= PAGE * MOST_PAGES:
            return None
        return [ChangedFile(filename=d.new_path, previous_filename=d.old_path) for d in found]

    def notes(self, merge: MergeRequest) -> Iterator[MergeNote]:
        """Its notes, the oldest first."""
        yield from self._pages(f"{_place(merge)}/notes", MergeNote, {"sort": "asc"})

    def say(self, merge: MergeRequest, body: str) -> None:
        """Write a note."""
        self._client.send("POST", f"{self._project}/{_place(merge)}/notes", {"body": body})

    def say_instead(self, merge: MergeRequest, note: MergeNote, body: str) -> None:
        """Write another text into a note."""
        self._client.send("PUT", f"{self._project}/{_place(merge)}/notes/{note.id}", {"body": body})

    def _pages(self, path: str, kind: type[_T], asked: Mapping[str, str]) -> Iterator[_T]:
        yield from self._client.pages(f"{self._project}/{path}", kind, asked)


def _place(merge: MergeRequest) -> str:
    return f"merge_requests/{merge.iid}"
