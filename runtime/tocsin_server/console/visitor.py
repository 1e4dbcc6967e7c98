"""Who looks at a page, and whether a form that comes in is one of ours."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from tocsin_server.auth.access import require
from tocsin_server.auth.role import Actor, Role
from tocsin_server.auth.web_sessions import actor_of, form_secret
from tocsin_server.console.cookies import secret_in
from tocsin_server.web.problem import ProblemError

FORM = "form"
"""The field in which each form carries what no other site knows."""
_MOST_FIELDS = 60


class NotSignedInError(Exception):
    """Nobody is signed in, or no longer."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone who is signed in. `form`: what their forms carry."""

    actor: Actor
    form: str

    def may(self, role: str) -> bool:
        """Whether they may do what this role may."""
        return self.actor.role.includes(Role(role))


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that came in from one of our pages, of someone who is signed in."""

    visitor: Visitor
    fields: Mapping[str, Sequence[str]]

    @property
    def actor(self) -> Actor:
        """Who sent it."""
        return self.visitor.actor

    def one(self, name: str) -> str:
        """A field; empty where it is not there."""
        return first(self.fields, name)

    def needs(self, role: Role) -> Actor:
        """Who sent it. Raises ProblemError if their role does not suffice."""
        require(self.actor, role)
        return self.actor


def first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    """The first value of a field; browsers send lines with CR and LF."""
    return next(iter(fields.get(name, ())), "").replace("\r\n", "\n")


def visitor(request: Request) -> Visitor:
    """Who looks. Raises NotSignedInError, or ProblemError for too many requests."""
    if not (secret := secret_in(request)):
        raise NotSignedInError
    with request.app.state.database.read() as session:
        actor = actor_of(session, secret)
    if actor is None:
        raise NotSignedInError
    request.app.state.authenticator.admit(actor.id)
    return Visitor(actor, form_secret(secret))


def require_own_page(request: Request) -> None:
    """Raises ProblemError for a form that was sent from a page of another site."""
    if site := request.headers.get("sec-fetch-site"):
        ours = site == "same-origin"
    else:
        origin = request.headers.get("origin", "")
        ours = urlsplit(origin).netloc == request.headers.get("host", "")
    if not ours:
        raise ProblemError(403, "other-site", "the form was sent from a page of another site")


async def form_fields(request: Request) -> Mapping[str, Sequence[str]]:
    """The fields of a form."""
    try:
        form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    except (MultiPartException, HTTPException):
        raise ProblemError(400, "no-form", "the body is no form") from None
    pairs = [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
    return {name: [text for key, text in pairs if key == name] for name, _ in pairs}


SignedIn = Annotated[Visitor, Depends(visitor)]
Fields = Annotated[Mapping[str, Sequence[str]], Depends(form_fields)]


def _posted(request: Request, who: SignedIn, fields: Fields) -> Posted:
    require_own_page(request)
    if not hmac.compare_digest(first(fields, FORM).encode(), who.form.encode()):
        raise ProblemError(
            403, "not-our-form", "the form is older than your session: load it again"
        )
    return Posted(who, fields)


Post = Annotated[Posted, Depends(_posted)]
