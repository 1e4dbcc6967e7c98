"""Filters that someone gave a name."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin_server.auth.role import Actor
from tocsin_server.console.chosen import chosen_text
from tocsin_server.console.models import SavedFilter
from tocsin_server.web.problem import ProblemError
from tocsin_server.web.values import FilledLine

MOST = 50
_NAME: TypeAdapter[str] = TypeAdapter(FilledLine)


def saved(session: Session, actor: Actor) -> Sequence[SavedFilter]:
    """Those of someone, by name."""
    mine = select(SavedFilter).where(SavedFilter.actor == actor.id)
    return session.scalars(mine.order_by(SavedFilter.name)).all()


def save(session: Session, actor: Actor, name: str, query: str) -> SavedFilter:
    """Keep a filter; one of the same name is replaced. Raises ProblemError, ValidationError."""
    asked = chosen_text(query)
    if asked is None:
        raise ProblemError(422, "invalid", "this is no filter of the queue")
    number = select(func.count()).where(SavedFilter.actor == actor.id)
    if (session.scalar(number) or 0) >= MOST:
        raise ProblemError(409, "too-many-filters", f"you have {MOST} filters: remove some")
    named = _NAME.validate_python(name.strip())
    return session.merge(SavedFilter(actor=actor.id, name=named, query=asked.address()))


def remove(session: Session, actor: Actor, name: str) -> None:
    """Forget a filter of someone."""
    if found := session.get(SavedFilter, (actor.id, name)):
        session.delete(found)
