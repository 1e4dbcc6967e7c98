"""Settings of signing in with an identity provider."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tocsin.secrets import is_reference
from tocsin_server.auth.role import Role
from tocsin_server.web.values import FilledLine


def is_private_way(url: str) -> bool:
    """Whether nobody in between reads what is sent: TLS, or this machine itself."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or ""))
    )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _issuer(url: str) -> str:
    if not is_private_way(url) or urlsplit(url).query or urlsplit(url).fragment:
        raise ValueError("must be an https:// address without ? and #")
    return url


def _reference(given: str) -> str:
    if given and not is_reference(given):
        raise ValueError("must be env:NAME or file:PATH: a secret is not written down here")
    return given


class OidcSettings(BaseModel):
    """Who vouches for people, and what they may do.

    `roles`: of each group that counts; of several, the highest. `claim`: what a token has groups
    in. `scopes`: what is asked for beside `openid`. `audience`: tokens of the provider for these
    are taken by the API; without it, none is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, AfterValidator(_issuer)]
    client_id: FilledLine
    client_secret: Annotated[str, AfterValidator(_reference)] = ""
    scopes: tuple[FilledLine, ...] = ("profile", "email")
    claim: FilledLine = "groups"
    roles: Annotated[dict[str, Role], Field(min_length=1)]
    audience: tuple[FilledLine, ...] = ()
