"""Visits the console without a browser: signs in, reads pages, sends their forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from fastapi.testclient import TestClient

from asking import UNLIMITED, token
from tocsin_server.alerts.feed import Feed
from tocsin_server.app import application
from tocsin_server.auth.authenticator import Limits
from tocsin_server.auth.role import Role
from tocsin_server.database import Database

OURS = {"Origin": "http://testserver"}


class Visit:
    """Someone with a browser."""

    def __init__(self, client: httpx.Client | TestClient) -> None:
        self.client = client
        self.ours = {"Origin": str(client.base_url).rstrip("/")}

    def sign_in(self, text: str, **more: str) -> httpx.Response:
        data = {"token": text, **more}
        return self.client.post("/console/sign-in", data=data, headers=self.ours)

    def page(self, path: str) -> str:
        """The text of a page that must be there."""
        answer = self.client.get(f"/console{path}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def finding(self, number: int = 0) -> str:
        """The id of a finding of the queue, the newest first."""
        return re.findall(r'data-finding="(\w+)"', self.page("/findings?state=any"))[number]

    @property
    def secret(self) -> str:
        """What forms of this session carry."""
        found = re.search(r'name="form" value="(\w+)"', self.page("/findings"))
        assert found
        return found[1]

    def send(self, path: str, **fields: Any) -> httpx.Response:
        """A form of a page of ours."""
        data = {"form": self.secret, **fields}
        return self.client.post(f"/console{path}", data=data, headers=self.ours)


@contextmanager
def visiting(
    database: Database, role: Role | None = Role.ADMIN, *, limits: Limits = UNLIMITED, **given: Any
) -> Iterator[Visit]:
    """A visit by someone with this role, or by somebody who is not signed in."""
    given.setdefault("feed", Feed(database, lifetime=0))
    app = application(database, limits=limits, **given)
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as client:
        visit = Visit(client)
        if role:
            assert visit.sign_in(token(database, role)).status_code == 303
        yield visit
