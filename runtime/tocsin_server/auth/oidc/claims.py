"""Tokens of a provider: whether they are genuine, and whom they are about."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jwt import ClaimsOption, JWTClaimsRegistry

from tocsin_server.auth.oidc.provider import Provider
from tocsin_server.auth.oidc.settings import OidcSettings
from tocsin_server.auth.role import Actor, Role

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
"""Those with two keys: a secret that is shared, or none, proves nothing here."""
_SKEW = 60
_NAMES = ("preferred_username", "email", "name", "sub")
_LONGEST = 255


class RefusedTokenError(Exception):
    """A token that proves nothing here."""


class NoRoleError(RefusedTokenError):
    """A token of someone who may do nothing here."""


def claims_of(
    text: str,
    provider: Provider,
    audience: Sequence[str],
    *,
    nonce: str | None = None,
    now: Callable[[], float] = time.time,
) -> Mapping[str, Any]:
    """What a genuine token says. Raises RefusedTokenError, ProviderAwayError."""
    wanted: dict[str, ClaimsOption] = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "values": list(audience)},
        **{name: {"essential": True} for name in ("sub", "exp", "iat")},
    }
    if nonce is not None:
        wanted["nonce"] = {"essential": True, "value": nonce}
    registry = JWTClaimsRegistry(now=lambda: int(now()), leeway=_SKEW, **wanted)
    try:
        claims = jwt.decode(text, _key(text, provider), ALGORITHMS).claims
        registry.validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise RefusedTokenError(f"the token is not valid: {type(error).__name__}") from None
    if not isinstance(claims["sub"], str) or len(claims["sub"]) > _LONGEST:
        raise RefusedTokenError("the token has no usable `sub`")
    if len(_texts(claims["aud"])) > 1 and claims.get("azp", audience[0]) not in audience:
        raise RefusedTokenError("the token was made for another party")
    return claims


def actor_of(claims: Mapping[str, Any], settings: OidcSettings) -> Actor:
    """Whom the token is about. Raises NoRoleError if none of their groups has a role."""
    groups = _texts(_found(claims, settings.claim))
    roles = [settings.roles[group] for group in groups if group in settings.roles]
    if not roles:
        raise NoRoleError("none of your groups has a role here")
    highest = max(roles, key=list(Role).index)
    name = next(text for key in _NAMES if (text := claims.get(key)) and isinstance(text, str))
    shown = "".join(each if each.isprintable() else " " for each in name)
    return Actor(f"oidc:{claims['sub']}", shown[:_LONGEST], highest)


def _key(text: str, provider: Provider) -> Key:
    header = jws.extract_compact(text.encode()).headers()
    if header.get("alg") not in ALGORITHMS:  # no key is looked for
        raise RefusedTokenError("the token is not signed with a key of two parts")
    found = provider.key(str(header.get("kid", "")))
    if found is None:
        raise RefusedTokenError("the token is signed with a key that the provider does not have")
    return found


def _found(claims: Mapping[str, Any], name: str) -> Any:
    """A claim of this name, else one deeper down: `realm_access.roles`."""
    found: Any = claims
    for part in [name] if name in claims else name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> list[str]:
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, str)]
