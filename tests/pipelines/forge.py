"""A server that speaks the part of GitHub's API that a review needs, for one pull request."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from pipelines.runner import Run


@dataclass
class Forge:
    """What it knows: runs by number, the pull request's head, merge and files, what was said."""

    runs: dict[int, Run] = field(default_factory=dict)
    head: str = ""
    merge: str = ""
    files: list[str] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    commits: list[dict[str, Any]] = field(default_factory=list)

    def reviewed(self, login: str, state: str = "APPROVED", **facts: Any) -> dict[str, Any]:
        """A review of the pull request as it is now."""
        told = {"id": len(self.reviews) + 70, "user": {"login": login}, "state": state}
        told |= {"commit_id": self.head, "author_association": "MEMBER"}
        self.reviews.append(told | facts)
        return self.reviews[-1]

    @property
    def pull(self) -> dict[str, Any]:
        """The pull request."""
        facts = {"number": 1, "head": {"sha": self.head}, "base": {"ref": "main"}}
        return {**facts, "user": {"login": "mira"}}

    def answer(self, path: str) -> Any:
        """What is said to a GET."""
        kind, _, rest = path.partition("/")
        number = int(found[0]) if (found := re.findall(r"\d+", rest)) else 0
        if path.endswith("/zip"):
            return self._archive(number)
        if path.endswith("/artifacts"):
            left = "tocsin-review" in self.runs[number].artifacts
            one = {"id": number, "name": "tocsin-review", "size_in_bytes": 1, "expired": False}
            return {"artifacts": [one] if left else []}
        if kind == "actions":
            return self._run(number)
        if path.endswith("/files"):
            return [{"filename": name} for name in self.files]
        lists = {"reviews": self.reviews, "commits": self.commits, "comments": self.comments}
        last = path.rpartition("/")[2]
        return lists.get(last, self.pull if number else [self.pull])

    def written(self, path: str, body: str) -> None:
        """A comment, new or another text for one that is there."""
        if path.endswith("/1/comments"):
            bot = {"login": "github-actions[bot]"}
            self.comments.append({"id": len(self.comments), "body": body, "user": bot})
        else:
            self.comments[int(path.rpartition("/")[2])]["body"] = body

    def _run(self, number: int) -> dict[str, Any]:
        run = self.runs[number]
        return {
            "id": number,
            "event": "pull_request_review" if "review" in run.event else "pull_request",
            "head_sha": run.event["pull_request"]["head"]["sha"],
            "head_branch": "topic",
            "head_repository": {"owner": {"login": "stranger"}},
            "conclusion": "success" if run.ok else "failure",
        }

    def _archive(self, number: int) -> bytes:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            for name, data in self.runs[number].artifacts["tocsin-review"].items():
                opened.writestr(name, data)
        return archive.getvalue()


@contextmanager
def served(forge: Forge, repository: str) -> Iterator[str]:
    """The server's address, while it runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(forge.answer(self._path()))

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            forge.written(self._path(), json.loads(self.rfile.read(size))["body"])
            self._say({})

        do_PATCH = do_POST  # noqa: N815 - as the server calls it

        def log_message(self, *_: Any) -> None:
            """Nothing."""

        def _path(self) -> str:
            assert self.headers["Authorization"] == "Bearer the-token-of-the-run"
            return self.path.partition("?")[0].removeprefix(f"/repos/{repository}/")

        def _say(self, answer: Any) -> None:
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
