"""Signing in at a provider of another site, with a browser and its rules for cookies."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser

from oidc_provider import providing
from patience import SECONDS, until
from tocsin_server.app import application
from tocsin_server.auth.oidc.flow import CALLBACK, CodeFlow
from tocsin_server.auth.oidc.settings import OidcSettings
from tocsin_server.database import Database
from tocsin_server.settings import ServerSettings

pytestmark = pytest.mark.browser


@pytest.fixture
def console(tmp_path: Path) -> Iterator[str]:
    """A server whose provider is at another site: `localhost` and 127.0.0.1 are two of them."""
    database = Database(f"sqlite:///{tmp_path}/server.db")
    database.upgrade()
    with (
        providing({"sub": "ada", "groups": ["soc"]}) as issuer,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        url = f"http://localhost:{listening.getsockname()[1]}"
        oidc = OidcSettings.model_validate(
            {"issuer": issuer, "client_id": "tocsin", "roles": {"soc": "analyst"}}
        )
        flow = CodeFlow(oidc, "the secret of the client", f"{url}{CALLBACK}")
        app = application(database, settings=ServerSettings(url=url, oidc=oidc), oidc=flow)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        until(lambda: server.started)
        yield url
        server.should_exit = True
        thread.join()
    database.close()


def test_at_a_provider_and_out_again(chromium: Browser, console: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(SECONDS * 1000)
    page.goto(f"{console}/console/findings?state=closed")
    page.get_by_role("link", name="Sign in with 127.0.0.1").click()
    page.get_by_role("button", name="ada").click()
    page.wait_for_url(f"{console}/console/findings?state=closed")
    assert page.locator(".who").inner_text().startswith("ada")
    kept = {each["name"]: each["sameSite"] for each in context.cookies(console)}
    assert kept == {"tocsin": "Strict", "tocsin-sign-in": "Lax"}
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign out at 127.0.0.1, too").click()
    page.goto(f"{console}/console/findings")
    assert page.get_by_role("link", name="Sign in with 127.0.0.1").is_visible()
    context.close()
