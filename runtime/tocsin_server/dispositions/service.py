"""Changes findings as people say, and notes who said so."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin_server.alerts import queries
from tocsin_server.alerts.models import AlertFinding
from tocsin_server.alerts.state import FindingState
from tocsin_server.alerts.tallies import retell, standings
from tocsin_server.audit.service import record
from tocsin_server.auth.role import Actor
from tocsin_server.database import now_ms
from tocsin_server.dispositions.models import Comment
from tocsin_server.dispositions.schemas import CommentQuery, CommentShown, Triage, comment_shown
from tocsin_server.web.paging import Page, PageOrder, page
from tocsin_server.web.versions import etag, require

_CHANGED = ("state", "disposition", "assignee")


def triage(
    session: Session, actor: Actor, id_: str, if_match: str | None, asked: Triage
) -> AlertFinding:
    """Change a finding. Raises ProblemError if it is not the one that was read."""
    finding = queries.finding(session, id_, locked=True)
    require(if_match, etag(finding.id, finding.revision))
    before, stood = _told(finding), standings(session, [id_])
    for name in _CHANGED:
        if (value := getattr(asked, name)) is not None:
            setattr(finding, name, str(value))
    if finding.state != FindingState.SUPPRESSED:
        finding.suppressed_by = ""
    after = _told(finding)
    if before == after and not asked.comment:
        return finding
    if before["state"] != after["state"]:
        finding.closed_count = finding.count if finding.state == FindingState.CLOSED else 0
        finding.reopened = None
    finding.revision += 1
    finding.changed = now_ms()
    said = {"comment": asked.comment} if asked.comment else {}
    record(session, actor, "finding.changed", finding.id, before=before, after={**after, **said})
    if asked.comment:
        session.add(
            Comment(finding=id_, time=now_ms(), actor=actor.id, name=actor.name, text=asked.comment)
        )
    retell(session, stood, standings(session, [id_]))
    return finding


def comments(session: Session, id_: str, query: CommentQuery) -> Page[CommentShown]:
    """What was said of a finding, the newest first."""
    queries.finding(session, id_)
    found = select(Comment).where(Comment.finding == id_)
    return page(session, found, PageOrder(Comment.time, Comment.id), query, comment_shown)


def _told(finding: AlertFinding) -> dict[str, str]:
    return {name: getattr(finding, name) for name in (*_CHANGED, "suppressed_by")}
