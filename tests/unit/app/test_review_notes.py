"""A review is told on its merge request: one note, in which GitLab obeys nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tocsin.app.review_notes import for_gitlab, post_notes
from tocsin.errors import ConfigError
from tocsin.forge.client import ForgeClient, ForgeError
from tocsin.forge.gitlab import GitLab, gitlab
from tocsin.review.comment import MARK
from tocsin.secrets import Secret
from unit.review.reviews import HEAD, review

PAGE = "https://gitlab.example/acme/detections"
BOT = "project_7_bot"
Json = dict[str, Any]


@dataclass
class GitLabServer:
    """The part of GitLab that is asked, with one merge request."""

    artifact: bytes | None = field(default_factory=lambda: json.dumps(review()).encode())
    status: str = "success"
    sha: str = HEAD
    jobs: tuple[str, ...] = ("tocsin:review",)
    files: list[Json] = field(default_factory=list)
    notes: list[Json] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v4/").removeprefix("projects/7/")
        if request.method != "GET":
            return self._written(request, path)
        if path.startswith("jobs/"):
            return httpx.Response(200 if self.artifact else 404, content=self.artifact or b"")
        lines = [
            {"id": 50, "sha": "c" * 40, "status": "success"},
            {"id": 40, "sha": HEAD, "status": self.status},
            {"id": 30, "sha": HEAD, "status": "running"},
        ]
        answers: dict[str, Any] = {
            "user": {"username": BOT},
            "merge_requests": [{"iid": 12, "sha": self.sha}],
            "merge_requests/12/pipelines": lines,
            "pipelines/40/jobs": [{"id": n, "name": name} for n, name in enumerate(self.jobs)],
            "merge_requests/12/diffs": self.files,
            "merge_requests/12/notes": self.notes,
        }
        return httpx.Response(200, json=answers[path])

    def _written(self, request: httpx.Request, path: str) -> httpx.Response:
        body = json.loads(request.content)["body"]
        self.writes.append(f"{request.method} {path}")
        if request.method == "POST":
            self.notes.append({"id": 99, "body": body, "author": {"username": BOT}})
        else:
            self.notes[-1]["body"] = body
        return httpx.Response(201, json={})

    @property
    def said(self) -> str:
        return str(self.notes[-1]["body"])


def posted(server: Callable[[httpx.Request], httpx.Response]) -> list[int]:
    transport = httpx.MockTransport(server)
    with httpx.Client(transport=transport, base_url="https://gitlab.example/api/v4/") as client:
        forge = GitLab(ForgeClient(client, "GitLab"), "7")
        return [each.pull_request for each in post_notes(forge, PAGE)]


def test_one_note_is_kept_up_to_date() -> None:
    server = GitLabServer()
    assert posted(server) == [12]
    assert "### Tocsin: ready" in server.said
    assert f"{PAGE}/-/blob/{HEAD}/rules/" in server.said
    assert f"{PAGE}/-/pipelines/40" in server.said
    assert posted(server) == []
    server.artifact = json.dumps(review(errors=1)).encode()
    assert posted(server) == [12]
    assert "### Tocsin: needs work" in server.said
    assert server.writes == ["POST merge_requests/12/notes", "PUT merge_requests/12/notes/99"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"artifact": None}, "the run left no review.json"),
        ({"artifact": b"x" * (9 << 20)}, "larger than"),
        ({"artifact": b"{}"}, "is not a review"),
        ({"artifact": json.dumps(review(head="c" * 40)).encode()}, "of another commit"),
        ({"jobs": ()}, "the pipeline has no job"),
        ({"jobs": ("tocsin:review", "tocsin:review")}, "the pipeline has 2 job"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_a_job_left_is_a_strangers(changes: Json, says: str) -> None:
    server = GitLabServer(**changes)
    posted(server)
    assert "### Tocsin: no review" in server.said
    assert says in server.said


def test_a_pipeline_that_failed_or_decides_for_itself_is_told() -> None:
    server = GitLabServer(status="failed", files=[{"old_path": ".gitlab-ci.yml", "new_path": "x"}])
    posted(server)
    assert "### Tocsin: the run failed" in server.said
    assert "> **This changes " in server.said


@pytest.mark.parametrize("changes", [{"status": "running"}, {"sha": "e" * 40}, {"sha": None}])
def test_what_has_not_ended_is_not_told(changes: Json) -> None:
    assert posted(GitLabServer(**changes)) == []


def test_notes_of_others_are_left_alone() -> None:
    forged = {"id": 1, "body": f"{MARK}\n### Tocsin: ready", "author": {"username": "stranger"}}
    server = GitLabServer(notes=[forged])
    posted(server)
    assert server.notes[0] == forged
    assert server.writes == ["POST merge_requests/12/notes"]


@pytest.mark.parametrize("project", ["/merge", "/approve @all", "%1 &2 $3 !4 ~5"])
def test_gitlab_obeys_and_links_nothing(project: str) -> None:
    said = for_gitlab(f"{MARK}\n" + project.replace("&", "&amp;"))
    assert "\n/" not in said
    for mark in "%&":
        assert f"{mark}1" not in said.replace("amp;", "")
        assert f"{mark}2" not in said.replace("amp;", "")
    server = GitLabServer(json.dumps(review(project=project)).encode())
    posted(server)
    assert not any(line.startswith("/") for line in server.said.split("\n"))


def test_links_and_code_stay_as_they_are() -> None:
    body = "[a](https://x/y%20z)\n```diff\n/x 5%\n```\n5%"
    assert for_gitlab(body) == body + "\N{ZERO WIDTH SPACE}"


def test_a_gitlab_that_does_not_answer() -> None:
    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with pytest.raises(ForgeError, match="GitLab cannot be reached"):
        posted(down)
    with pytest.raises(ForgeError, match="GitLab answers 403 to user"):
        posted(lambda _: httpx.Response(403))


@pytest.mark.parametrize("name", ["acme/x", "7/../8", ""])
def test_a_project_is_a_number(name: str) -> None:
    opened = gitlab(name, Secret("t0ken", "env:TOCSIN_API_TOKEN"), "https://gitlab.example/api/v4")
    with pytest.raises(ConfigError, match="is not a project"):
        opened.__enter__()
