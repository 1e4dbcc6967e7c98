"""An identity provider of the tests' own, which can be made to say anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tocsin_server.auth.oidc.settings import OidcSettings
from tocsin_server.auth.role import Role

CLIENT = "tocsin"


class Issuer:
    """Its keys, what it says of itself, and the token that it gives for any code."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: list[RSAKey | ECKey] = [RSAKey.generate_key(2048, {"kid": "one"})]
        self.changed: dict[str, Any] = {}
        self.id_token = ""
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []

    def settings(self, **changed: Any) -> OidcSettings:
        given = {"issuer": self.url, "client_id": CLIENT, "roles": {"soc": Role.ANALYST}}
        return OidcSettings.model_validate({**given, **changed})

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Of a token that is right; None leaves a claim out."""
        now = int(time.time())
        right = {
            "iss": self.url, "aud": CLIENT, "sub": "ada", "iat": now, "exp": now + 300,
            "groups": ["soc"], "preferred_username": "Ada",
        }  # fmt: skip
        return {k: v for k, v in {**right, **changed}.items() if v is not None}

    def token(self, key: Any = None, header: dict[str, str] | None = None, **changed: Any) -> str:
        """Signed by its newest key, or by another."""
        signing = key or self.keys[-1]
        head = {"alg": "RS256", "kid": str(signing.kid), **(header or {})}
        return jwt.encode(head, self.claims(**changed), signing, [head["alg"]])

    def unsigned(self, alg: str = "none") -> str:
        """A token without any signature."""
        parts = {"alg": alg, "kid": "one"}, self.claims()
        return ".".join(_base64(json.dumps(each).encode()) for each in parts) + "."

    def confused(self) -> str:
        """A token signed with its public key, as if that were a shared secret."""
        told = self.unsigned("HS256").rstrip(".")
        made = hmac.digest(self.keys[0].as_pem(private=False), told.encode(), hashlib.sha256)
        return f"{told}.{_base64(made)}"

    def answer(self, path: str) -> Any:
        """What stands at an address."""
        self.asked.append(path)
        if path == "/keys":
            return {"keys": [key.as_dict(private=False, use="sig") for key in self.keys]}
        names = ("authorization_endpoint", "token_endpoint")
        pages = {name: f"{self.url}/{name}" for name in names}
        return {"issuer": self.url, **pages, "jwks_uri": f"{self.url}/keys", **self.changed}


@contextmanager
def issuing() -> Iterator[Issuer]:
    """One that runs."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._tell(issuer.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            issuer.forms.append(dict(parse_qsl(body)))
            self._tell({"access_token": "a", "token_type": "Bearer", "id_token": issuer.id_token})

        def _tell(self, told: Any) -> None:
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield issuer
        server.shutdown()
        thread.join()


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
