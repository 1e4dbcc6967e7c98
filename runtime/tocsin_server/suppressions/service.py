"""Makes silences and exceptions, and ends them."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from tocsin_server.audit.service import record
from tocsin_server.auth.role import Actor
from tocsin_server.database import now_ms
from tocsin_server.suppressions.models import EXCEPTION, SILENCE, Suppression
from tocsin_server.suppressions.rules import ExceptionRules, RefusedError
from tocsin_server.suppressions.schemas import (
    ExceptionAsked,
    SilenceAsked,
    SuppressionQuery,
    SuppressionShown,
    suppression_shown,
)
from tocsin_server.web.paging import Page, PageOrder, page
from tocsin_server.web.problem import Fault, ProblemError, missing
from tocsin_server.web.values import millis

MOST_ACTIVE = 1000
"""Each alert is compared with all of them."""
_DAY = 86_400_000
_LONGEST = {SILENCE: 90, EXCEPTION: 366}
"""Days. What is meant to stay belongs in the rule."""


def silence(session: Session, actor: Actor, asked: SilenceAsked) -> Suppression:
    """A new silence. Raises ProblemError if it would take in everything, or lasts too long."""
    if not asked.detection and not asked.fields:
        fault = Fault(place="body", message="name a detection or a field: else all is silent")
        raise ProblemError(422, "invalid", "the silence takes in every alert", errors=[fault])
    row = _row(SILENCE, asked, asked.fields, {}, owner=actor.name, ticket="")
    return _added(session, actor, row)


def exception(
    session: Session, actor: Actor, rules: ExceptionRules | None, asked: ExceptionAsked
) -> Suppression:
    """A new exception, under which all firing cases of the detection fire.

    Raises ProblemError if they do not, or if that cannot be found out.
    """
    if rules is None:
        detail = "the server has no detections at hand, to test the exception on their cases"
        raise ProblemError(409, "no-detections", detail)
    try:
        compiled = rules.compiled(asked.detection, asked.condition)
    except RefusedError as error:
        faults = [Fault(place="body.condition", message=reason) for reason in error.reasons]
        detail = "the exception is not accepted"
        raise ProblemError(422, "exception-refused", detail, errors=faults) from None
    row = _row(EXCEPTION, asked, asked.condition, compiled, owner=asked.owner, ticket=asked.ticket)
    return _added(session, actor, row)


def end(session: Session, actor: Actor, row: Suppression) -> Suppression:
    """Let it take in no more alerts; findings stay as they are."""
    if row.ended is None and row.expires > now_ms():
        before = _told(row)
        row.ended = now_ms()
        record(session, actor, f"{row.kind}.ended", row.id, before=before, after=_told(row))
    return row


def find(session: Session, id_: str, *, locked: bool = False) -> Suppression:
    """A suppression. Raises ProblemError if there is none."""
    found = session.get(Suppression, id_, with_for_update=True if locked else None)
    if found is None:
        raise missing("suppression")
    return found


def listed(session: Session, query: SuppressionQuery) -> Page[SuppressionShown]:
    """Suppressions, the newest first."""
    found = select(Suppression)
    if query.kind:
        found = found.where(Suppression.kind == query.kind.value)
    if query.detection:
        found = found.where(Suppression.detection == query.detection)
    if query.active is True:
        found = found.where(Suppression.ended.is_(None), Suppression.expires > now_ms())
    if query.active is False:
        found = found.where(or_(Suppression.ended.is_not(None), Suppression.expires <= now_ms()))
    order = PageOrder(Suppression.created, Suppression.id)
    return page(session, found, order, query, suppression_shown)


def _row(
    kind: str,
    asked: SilenceAsked | ExceptionAsked,
    matcher: dict[str, Any],
    compiled: dict[str, Any],
    **more: str,
) -> Suppression:
    return Suppression(
        id=secrets.token_hex(16), kind=kind, detection=asked.detection,
        environment=asked.environment, matcher=matcher, compiled=compiled, reason=asked.reason,
        created=now_ms(), expires=_expiry(kind, asked.expires), ended=None, hits=0, last_hit=None,
        **more,
    )  # fmt: skip


def _expiry(kind: str, asked: datetime) -> int:
    expires, now, days = millis(asked), now_ms(), _LONGEST[kind]
    if now < expires <= now + days * _DAY:
        return expires
    fault = Fault(place="body.expires", message=f"within the next {days} days")
    raise ProblemError(422, "invalid", f"the {kind} expires at no time that is allowed",
                       errors=[fault])  # fmt: skip


def _added(session: Session, actor: Actor, row: Suppression) -> Suppression:
    active = select(func.count()).where(Suppression.ended.is_(None), Suppression.expires > now_ms())
    if (session.scalar(active) or 0) >= MOST_ACTIVE:
        detail = f"there are {MOST_ACTIVE} suppressions already: end some"
        raise ProblemError(409, "too-many-suppressions", detail)
    session.add(row)
    record(session, actor, f"{row.kind}.created", row.id, before=None, after=_told(row))
    return row


def _told(row: Suppression) -> dict[str, Any]:
    told: dict[str, Any] = suppression_shown(row).model_dump(
        mode="json", exclude={"id", "hits", "last_hit"}
    )
    return told
