"""Signing in with an identity provider: one that people use, and one that attacks."""

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import func, select, update

from asking import UNLIMITED
from issuing import CLIENT, Issuer, issuing
from oidc_provider import providing
from tocsin_server.app import application
from tocsin_server.audit.models import AuditedChange
from tocsin_server.auth.authenticator import Limits
from tocsin_server.auth.models import WebSession
from tocsin_server.auth.oidc.flow import CALLBACK, CodeFlow
from tocsin_server.auth.oidc.models import PendingSignIn
from tocsin_server.auth.oidc.settings import OidcSettings
from tocsin_server.database import Database
from tocsin_server.settings import ServerSettings

URL = "http://testserver"
BEGIN = "/console/oidc/sign-in"
QUEUE = "/console/findings"


@contextmanager
def served(
    database: Database, settings: OidcSettings, limits: Limits = UNLIMITED
) -> Iterator[TestClient]:
    flow = CodeFlow(settings, "the secret of the client", f"{URL}{CALLBACK}")
    app = application(
        database, limits=limits, settings=ServerSettings(url=URL, oidc=settings), oidc=flow
    )
    with TestClient(app, URL, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    """A provider that is not ours, as a process of its own."""
    ada = {"sub": "ada", "groups": ["soc"], "preferred_username": "Ada <i>"}
    with providing(ada, {"sub": "eve", "groups": ["guests"]}) as url:
        yield url


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as found:
        yield found


def settings(issuer: str, **more: Any) -> OidcSettings:
    given = {"issuer": issuer, "client_id": CLIENT, "roles": {"soc": "analyst"}}
    return OidcSettings.model_validate({**given, **more})


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def begin(client: TestClient, back: str = QUEUE) -> dict[str, str]:
    """What the provider is asked."""
    answer = client.get(BEGIN, params={"back": back})
    assert answer.status_code == 303, answer.text
    return query(answer.headers["location"])


def come_back(client: TestClient, issuer: Issuer, state: str, nonce: str, **more: Any) -> Response:
    issuer.id_token = issuer.token(nonce=nonce, **more)
    return client.get(CALLBACK, params={"state": state, "code": "c"})


def begun(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(WebSession)) or 0


def test_the_whole_way(database: Database, real: str) -> None:
    with served(database, settings(real)) as client:
        page = client.get("/console/sign-in", params={"back": f"{QUEUE}?state=open"})
        link = re.search(rf'href="({BEGIN}[^"]*)"', page.text)
        assert link
        there = client.get(link[1].replace("&amp;", "&")).headers["location"]
        back = httpx.post(there, data={"sub": "ada"}).headers["location"]
        answer = client.get(back)
        assert answer.status_code == 200, answer.text
        assert f'content="0; url={QUEUE}?state=open"' in answer.text
        cookies = answer.headers.get_list("set-cookie")
        assert any("SameSite=strict" in each and "HttpOnly" in each for each in cookies)
        queue = client.get(QUEUE)
        assert "Ada &lt;i&gt;" in queue.text
        assert "analyst" in queue.text
        again = client.get(begin_again(client, back))
        assert again.status_code == 403, "the code was used"
        form = re.search(r'name="form" value="([^"]+)"', queue.text)
        assert form
        out = client.post(
            "/console/sign-out", data={"form": form[1]}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        end = client.get(out.headers["location"]).text
        assert f"{real}/oauth2/end_session?client_id={CLIENT}" in end
        assert client.get(QUEUE).status_code == 303
    with database.read() as session:
        noted = session.scalars(
            select(AuditedChange).where(AuditedChange.action == "session.begun")
        ).one()
    assert (noted.actor, noted.name) == ("oidc:ada", "Ada <i>")


def begin_again(client: TestClient, back: str) -> str:
    """The same code, for a sign-in that has just begun."""
    return f"{CALLBACK}?code={query(back)['code']}&state={begin(client)['state']}"


def test_someone_whose_groups_have_no_role(sqlite_database: Database, real: str) -> None:
    with served(sqlite_database, settings(real)) as client:
        there = client.get(BEGIN).headers["location"]
        answer = client.get(httpx.post(there, data={"sub": "eve"}).headers["location"])
        assert answer.status_code == 403
        assert "none of your groups has a role here" in answer.text
        denied = httpx.post(client.get(BEGIN).headers["location"], data={"action": "deny"})
        assert client.get(denied.headers["location"]).status_code == 403
    assert begun(sqlite_database) == 0


def test_the_code_is_of_use_only_with_the_verifier(
    sqlite_database: Database, issuer: Issuer
) -> None:
    with served(sqlite_database, issuer.settings()) as client:
        asked = begin(client)
        assert come_back(client, issuer, asked["state"], asked["nonce"]).status_code == 200
    [form] = issuer.forms
    hashed = hashlib.sha256(form["code_verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")
    assert form["redirect_uri"] == asked["redirect_uri"] == f"{URL}{CALLBACK}"
    assert form["code_verifier"] not in str(asked)


def test_states_that_are_forged_used_or_another_browsers(
    database: Database, issuer: Issuer
) -> None:
    with (
        served(database, issuer.settings()) as client,
        served(database, issuer.settings()) as victim,
    ):
        asked = begin(client)
        assert come_back(client, issuer, "x" * 64, asked["nonce"]).status_code == 403
        assert come_back(client, issuer, "", asked["nonce"]).status_code == 403
        stranger = come_back(victim, issuer, asked["state"], asked["nonce"])
        assert stranger.status_code == 403, "nobody is signed in as someone else"
        begin(victim)
        stranger = come_back(victim, issuer, asked["state"], asked["nonce"])
        assert stranger.status_code == 403
        assert begun(database) == 0
        assert come_back(client, issuer, asked["state"], asked["nonce"]).status_code == 200
        assert come_back(client, issuer, asked["state"], asked["nonce"]).status_code == 403
        late = begin(client)
        with database.write() as session:
            session.execute(update(PendingSignIn).values(expires=0))
        assert come_back(client, issuer, late["state"], late["nonce"]).status_code == 403
    assert begun(database) == 1


@pytest.mark.parametrize(
    "said", [{"nonce": "another"}, {"iss": "https://evil.test"}, {"aud": "other"}, {"exp": 1}]
)
def test_tokens_that_prove_nothing(
    sqlite_database: Database, issuer: Issuer, said: dict[str, Any]
) -> None:
    with served(sqlite_database, issuer.settings()) as client:
        asked = begin(client)
        answer = come_back(client, issuer, asked["state"], **{"nonce": asked["nonce"], **said})
        assert answer.status_code == 403, answer.text
        for wrong in (issuer.unsigned(), issuer.confused(), ""):
            issuer.id_token = wrong
            state = begin(client)["state"]
            answer = client.get(CALLBACK, params={"state": state, "code": "c"})
            assert answer.status_code == 403
        mixed = {"state": begin(client)["state"], "code": "c", "iss": "https://evil.test"}
        assert "another provider answered" in client.get(CALLBACK, params=mixed).text
    assert begun(sqlite_database) == 0


@pytest.mark.parametrize(
    "back", ["https://evil.test", "//evil.test", "javascript:x", "/console//x"]
)
def test_nobody_is_sent_elsewhere(sqlite_database: Database, issuer: Issuer, back: str) -> None:
    with served(sqlite_database, issuer.settings()) as client:
        asked = begin(client, back)
        answer = come_back(client, issuer, asked["state"], asked["nonce"])
        assert f'content="0; url={QUEUE}"' in answer.text
        assert back not in answer.text


def test_the_provider_is_away(sqlite_database: Database) -> None:
    away = settings("http://127.0.0.1:1", audience=["api"])
    with served(sqlite_database, away) as client:
        answer = client.get(BEGIN)
        assert answer.status_code == 503
        assert "does not answer" in answer.text
        assert client.get("/console/sign-in", params={"ended": "yes"}).status_code == 200


def test_cookies_behind_a_proxy_that_ends_tls(sqlite_database: Database, issuer: Issuer) -> None:
    there = ServerSettings(url="https://tocsin.example")
    flow = CodeFlow(issuer.settings(), "", f"{there.url}{CALLBACK}")
    app = application(sqlite_database, settings=there, oidc=flow)
    with TestClient(app, URL, follow_redirects=False) as client:
        [cookie] = client.get(BEGIN).headers.get_list("set-cookie")
    assert cookie.startswith("__Host-tocsin-sign-in=")
    for word in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
        assert word in cookie


def test_without_a_provider_there_is_no_such_way(sqlite_database: Database) -> None:
    with TestClient(application(sqlite_database), URL) as client:
        assert client.get(BEGIN).status_code == 404
        assert "oidc" not in client.get("/console/sign-in").text


def test_tokens_of_the_provider_in_the_api(database: Database, issuer: Issuer) -> None:
    def status(client: TestClient, token: str, path: str = "/findings") -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return client.get(f"/api/v1{path}", headers=headers).status_code

    with served(database, issuer.settings()) as client:
        assert status(client, issuer.token()) == 401, "there is no audience"
    with served(database, issuer.settings(audience=["api"])) as client:
        right = issuer.token(aud="api")
        assert status(client, right) == 200
        assert status(client, right, "/audit") == 403
        assert status(client, issuer.token()) == 401, "made for the console"
        assert status(client, issuer.token(aud="api", groups=["x"])) == 403
        assert status(client, issuer.confused()) == 401
        signed_in = client.post(
            "/console/sign-in", data={"token": right}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert signed_in.status_code == 401, "people sign in at the provider"
    few = Limits(1e9, 1e9, guesses=2, guesses_a_second=0.001)
    with served(database, issuer.settings(audience=["api"]), few) as client:
        assert [status(client, issuer.unsigned()) for _ in range(4)] == [401, 401, 429, 429]
    with served(database, settings("http://127.0.0.1:1", audience=["api"])) as client:
        assert status(client, issuer.token(aud="api")) == 503
