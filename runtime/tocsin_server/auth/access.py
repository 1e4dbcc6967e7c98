"""What a route needs: someone with a role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tocsin_server.auth.authenticator import Authenticator
from tocsin_server.auth.role import Actor, Role
from tocsin_server.web.problem import ProblemError

_BEARER = HTTPBearer(auto_error=False, description="A token, as `tocsin token create` makes it.")


def authenticated(
    request: Request,
    sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Actor:
    """Who asks. Raises ProblemError if nobody who is known does."""
    authenticator: Authenticator = request.app.state.authenticator
    address = request.client.host if request.client else ""
    return authenticator.bearer(sent.credentials if sent else "", address)


def require(who: Actor, role: Role) -> None:
    """Raises ProblemError if they may not do what this role may."""
    if not who.role.includes(role):
        detail = f"this takes the role {role.value}, and the token has {who.role.value}"
        raise ProblemError(403, "role", detail)


def _at_least(role: Role) -> Callable[[Actor], Actor]:
    def actor(who: Annotated[Actor, Depends(authenticated)]) -> Actor:
        require(who, role)
        return who

    return actor


ReaderAccess = Annotated[Actor, Depends(_at_least(Role.READER))]
AnalystAccess = Annotated[Actor, Depends(_at_least(Role.ANALYST))]
EngineerAccess = Annotated[Actor, Depends(_at_least(Role.ENGINEER))]
AdminAccess = Annotated[Actor, Depends(_at_least(Role.ADMIN))]
