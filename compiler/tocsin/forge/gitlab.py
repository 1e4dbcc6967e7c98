"""The part of GitLab's REST API that tells reviews: what a pipeline says is asked for anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tocsin.errors import ConfigError
from tocsin.forge.github import ArtifactError, ChangedFile, ForgeError
from tocsin.secrets import Secret

_SECONDS = 30
_PAGE, _MOST_PAGES = 100, 30
_PROJECT = re.compile(r"[0-9]{1,12}")
_T = TypeVar("_T")


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Account(_Told):
    username: str


class MergeRequest(_Told):
    """An open merge request; `sha`: the commit at which it ends."""

    iid: int
    sha: str | None


class MergePipeline(_Told):
    """A pipeline of a merge request."""

    id: int
    sha: str
    status: str


class _PipelineJob(_Told):
    id: int
    name: str


class _Diff(_Told):
    old_path: str
    new_path: str


class MergeNote(_Told):
    """A note, and who wrote it."""

    id: int
    body: str
    author: _Account


@contextmanager
def gitlab(project: str, token: Secret, api: str) -> Iterator[GitLab]:
    """A project by its number, with the rights of a token. Raises ConfigError."""
    if not _PROJECT.fullmatch(project):
        raise ConfigError(f"{project!r} is no project", hint="give its number: CI_PROJECT_ID")
    headers = {"PRIVATE-TOKEN": token.reveal()}
    base = f"{api.rstrip('/')}/"
    try:
        client = httpx.Client(base_url=base, headers=headers, timeout=_SECONDS, trust_env=False)
    except httpx.InvalidURL as error:
        raise ConfigError(f"{api!r} is no address: {error}") from None
    with client:
        yield GitLab(client, project)


class GitLab:
    """One project."""

    def __init__(self, client: httpx.Client, project: str) -> None:
        self._client = client
        self._project = f"projects/{project}"

    def account(self) -> str:
        """Whose token it is."""
        return self._get("user", _Account).username

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
        return self._download(f"jobs/{found[0].id}/artifacts/{file}", file, limit)

    def files(self, merge: MergeRequest) -> list[ChangedFile] | None:
        """The files that it changes; None if they are too many to be listed."""
        found = list(self._pages(f"{_place(merge)}/diffs", _Diff, {}))
        if len(found) >= _PAGE * _MOST_PAGES:
            return None
        return [ChangedFile(filename=d.new_path, previous_filename=d.old_path) for d in found]

    def notes(self, merge: MergeRequest) -> Iterator[MergeNote]:
        """Its notes, the oldest first."""
        yield from self._pages(f"{_place(merge)}/notes", MergeNote, {"sort": "asc"})

    def say(self, merge: MergeRequest, body: str) -> None:
        """Write a note."""
        self._send("POST", f"{self._project}/{_place(merge)}/notes", {"body": body})

    def say_instead(self, merge: MergeRequest, note: MergeNote, body: str) -> None:
        """Write another text into a note."""
        self._send("PUT", f"{self._project}/{_place(merge)}/notes/{note.id}", {"body": body})

    def _pages(self, path: str, kind: type[_T], asked: Mapping[str, str]) -> Iterator[_T]:
        for page in range(1, _MOST_PAGES + 1):
            numbered = {**asked, "per_page": str(_PAGE), "page": str(page)}
            found = self._get(f"{self._project}/{path}", list[kind], numbered)  # type: ignore[valid-type]
            yield from found
            if len(found) < _PAGE:
                return

    def _get(self, path: str, kind: type[_T], asked: Mapping[str, str] | None = None) -> _T:
        answer = self._send("GET", path, None, asked)
        try:
            return TypeAdapter(kind).validate_json(answer.content)
        except ValidationError as bad:
            raise ForgeError(f"GitLab's answer to {path} is not understood: {bad.title}") from None

    def _send(
        self, method: str, path: str, body: Any, asked: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, path, json=body, params=asked)
        except httpx.HTTPError as error:
            raise ForgeError(f"GitLab cannot be reached: {type(error).__name__}: {error}") from None
        if not answer.is_success:
            raise ForgeError(f"GitLab answers {answer.status_code} to {path}")
        return answer

    def _download(self, path: str, file: str, limit: int) -> bytes:
        data = bytearray()
        try:
            with self._client.stream("GET", f"{self._project}/{path}") as answer:
                if not answer.is_success:
                    raise ArtifactError(f"the job left no {file}")
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > limit:
                        raise ArtifactError(f"{file} is larger than {limit} bytes")
        except httpx.HTTPError as error:
            raise ForgeError(f"{file} cannot be fetched: {type(error).__name__}") from None
        return bytes(data)


def _place(merge: MergeRequest) -> str:
    return f"merge_requests/{merge.iid}"
