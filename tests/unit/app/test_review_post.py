"""A review is told on its pull request: what the run says of itself is not believed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tocsin.app.review_post import PostRequest, post_review
from tocsin.errors import ConfigError
from tocsin.forge.client import ForgeClient, ForgeError
from tocsin.forge.github import GitHub, github
from tocsin.review.comment import MARK
from tocsin.secrets import Secret
from unit.review.reviews import HEAD, review

BOT = "github-actions[bot]"
REQUEST = PostRequest(7, BOT, "https://github.com/acme/detections")


def packed(*files: tuple[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in files:
            opened.writestr(name, data)
    return archive.getvalue()


def left(**changes: Any) -> bytes:
    return packed(("review.json", json.dumps(review(**changes)).encode()))


@dataclass
class Server:
    """The part of GitHub that is asked, with one pull request."""

    archive: bytes | None = field(default_factory=left)
    event: str = "pull_request"
    conclusion: str = "success"
    branch: str = "topic"
    head: str = HEAD
    files: list[dict[str, str]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    size: int = 1000
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/repos/acme/detections/")
        self.asked.append(f"{request.method} {path}?{request.url.query.decode()}")
        if request.method != "GET":
            return self._written(request, path)
        if path == "artifact-is-here":
            return httpx.Response(200, content=self.archive or b"")
        if path.endswith("/zip"):
            place = "/repos/acme/detections/artifact-is-here"
            return httpx.Response(302, headers={"Location": place})
        first = request.url.params.get("page", "1") == "1"
        answers: dict[str, Any] = {
            "actions/runs/7": self._run(),
            "actions/runs/7/artifacts": {"artifacts": self._artifacts()},
            "pulls": [
                {"number": 12, "head": {"sha": self.head}, "base": {"ref": "main"}, "user": None}
            ],
            "pulls/12/files": self.files if first else [],
            "issues/12/comments": self.comments if first else [],
        }
        return httpx.Response(200, json=answers[path])

    def _run(self) -> dict[str, Any]:
        return {
            "id": 7,
            "event": self.event,
            "head_sha": HEAD,
            "head_branch": self.branch,
            "head_repository": {"owner": {"login": "stranger"}},
            "conclusion": self.conclusion,
        }

    def _artifacts(self) -> list[dict[str, Any]]:
        one = {"id": 3, "name": "tocsin-review", "size_in_bytes": self.size, "expired": False}
        return [] if self.archive is None else [one]

    def _written(self, request: httpx.Request, path: str) -> httpx.Response:
        body = json.loads(request.content)["body"]
        if path == "issues/12/comments":
            self.comments.append({"id": 99, "body": body, "user": {"login": BOT}})
        else:
            number = int(path.rpartition("/")[2])
            next(each for each in self.comments if each["id"] == number)["body"] = body
        return httpx.Response(201, json={})

    @property
    def said(self) -> str:
        """What our own comment says."""
        [body] = [c["body"] for c in self.comments if c["user"]["login"] == BOT]
        return str(body)


def posted(server: Callable[[httpx.Request], httpx.Response]) -> list[int]:
    base = "https://api.github.com/repos/acme/detections/"
    with httpx.Client(transport=httpx.MockTransport(server), base_url=base) as client:
        return [
            each.pull_request
            for each in post_review(GitHub(ForgeClient(client, "GitHub")), REQUEST)
        ]


def test_one_comment_is_kept_up_to_date() -> None:
    server = Server()
    assert posted(server) == [12]
    assert "### Tocsin: ready" in server.said
    server.archive = left(errors=1)
    posted(server)
    assert "### Tocsin: needs work" in server.said
    writes = [line for line in server.asked if not line.startswith("GET")]
    assert writes == ["POST issues/12/comments?", "PATCH issues/comments/99?"]
    posted(server)
    assert len([line for line in server.asked if not line.startswith("GET")]) == 2


def test_links_lead_to_the_commit_of_the_run() -> None:
    server = Server()
    posted(server)
    assert f"https://github.com/acme/detections/blob/{HEAD}/rules/" in server.said
    assert "https://github.com/acme/detections/actions/runs/7" in server.said


@pytest.mark.parametrize(
    ("archive", "says"),
    [
        (None, "the run left no artifact"),
        (b"", "not a readable archive"),
        (b"PK\x03\x04 rubbish", "not a readable archive"),
        (packed(), "holds 0 files"),
        (packed(("review.json", b"{}"), ("x", b"")), "holds 2 files"),
        (packed(("../review.json", b"{}")), "not just review.json"),
        (packed(("review.json", b"{}")), "is not a review"),
        (packed(("review.json", b"0" * (9 << 20))), "is larger than"),
        (packed(("review.json", json.dumps(review())[:-1].encode())), "is not a review"),
        (left(head="c" * 40), "of another commit"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_an_artifact_is_a_strangers(archive: bytes | None, says: str) -> None:
    server = Server(archive)
    assert posted(server) == [12]
    assert "### Tocsin: no review" in server.said
    assert says in server.said


def test_a_large_artifact_is_not_fetched() -> None:
    server = Server(size=1 << 40)
    posted(server)
    assert "is larger than" in server.said
    assert not any("/zip" in line for line in server.asked)


def test_a_size_that_lies_does_not_help() -> None:
    server = Server(b"x" * (9 << 20), size=1)
    posted(server)
    assert "is larger than" in server.said


def test_a_run_that_failed_is_never_ready() -> None:
    server = Server(conclusion="failure")
    posted(server)
    assert "### Tocsin: the run failed" in server.said


@pytest.mark.parametrize(
    "files",
    [
        [{"filename": ".github/workflows/review.yml"}],
        [{"filename": "elsewhere.yml", "previous_filename": ".github/workflows/review.yml"}],
        [{"filename": "detections/tocsin.toml"}],
        [{"filename": "docs/CODEOWNERS"}],
        [{"filename": ".gitattributes"}],
    ],
    ids=str,
)
def test_a_change_of_what_decides_is_told(files: list[dict[str, str]]) -> None:
    server = Server(files=[{"filename": "rules/x.yml"}, *files])
    posted(server)
    assert "> **This changes " in server.said
    assert "rules/x.yml.**" not in server.said


def test_more_files_than_can_be_looked_at_are_told() -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/files"):
            return httpx.Response(200, json=[{"filename": "rules/x.yml"}] * 100)
        return server(request)

    server = Server()
    posted(endless)
    assert "This changes more files than can be looked at" in server.said


def test_comments_of_others_are_left_alone() -> None:
    forged = {"id": 1, "body": f"{MARK}\n### Tocsin: ready", "user": {"login": "stranger"}}
    other = {"id": 2, "body": "about something else", "user": {"login": BOT}}
    gone = {"id": 3, "body": None, "user": None}
    server = Server(comments=[forged, gone])
    posted(server)
    assert server.comments[0] == forged
    assert len(server.comments) == 3
    server = Server(comments=[forged, other])
    posted(server)
    assert server.comments[:2] == [forged, other | {"body": "about something else"}]
    assert len(server.comments) == 3


def test_a_pull_request_that_moved_on_is_left_to_its_newer_run() -> None:
    server = Server(head="d" * 40)
    assert posted(server) == []
    assert server.comments == []


@pytest.mark.parametrize("event", ["push", "workflow_dispatch", "pull_request_target"])
def test_runs_of_other_events_are_not_told(event: str) -> None:
    assert posted(Server(event=event)) == []


@pytest.mark.parametrize("branch", ["a&state=all", "../../x", "a b", "-x", "$(touch x)", "ü#?"])
def test_a_branch_is_only_a_value(branch: str) -> None:
    server = Server(branch=branch)
    posted(server)
    [asked] = [line for line in server.asked if line.startswith("GET pulls?")]
    query = httpx.QueryParams(asked.partition("?")[2])
    assert query["head"] == f"stranger:{branch}"
    assert query["state"] == "open"


def test_a_server_that_does_not_answer() -> None:
    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with pytest.raises(ForgeError, match="cannot be reached"):
        posted(down)
    with pytest.raises(ForgeError, match="GitHub answers 403 to actions/runs/7"):
        posted(lambda _: httpx.Response(403))
    with pytest.raises(ForgeError, match="is not understood"):
        posted(lambda _: httpx.Response(200, text="<html>"))


@pytest.mark.parametrize("name", ["acme", "acme/x/../y", "a b/c", "../x", "acme/x?y", ""])
def test_a_repository_is_a_name(name: str) -> None:
    opened = github(name, Secret("t0ken-of-the-run", "env:GH_TOKEN"), "https://api.github.com")
    with pytest.raises(ConfigError, match="is not a repository"):
        opened.__enter__()
