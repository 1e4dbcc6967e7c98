"""An identity provider that is not ours, as a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from patience import until


@contextmanager
def providing(*people: dict[str, Any]) -> Iterator[str]:
    """The issuer's address. Of each person: claims, with `sub`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    claims = [word for each in people for word in ("--user-claims", json.dumps(each))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--require-nonce", "true", *claims],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(url))
        yield url
        process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/jwks").is_success
    except httpx.HTTPError:
        return False
