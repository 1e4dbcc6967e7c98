"""What people do with a finding: each a form that comes in, and a page to go on with."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from tocsin_server.alerts import queries
from tocsin_server.alerts.state import FindingState
from tocsin_server.auth.role import Role
from tocsin_server.console import forms
from tocsin_server.console.finding_view import look
from tocsin_server.console.pages import HOME, back_to, page
from tocsin_server.console.problems import faults
from tocsin_server.console.visitor import Post, Posted
from tocsin_server.dispositions import service as dispositions
from tocsin_server.dispositions.schemas import Triage
from tocsin_server.suppressions import service as suppressions
from tocsin_server.suppressions.rules import RefusedError
from tocsin_server.web.problem import ProblemError
from tocsin_server.web.session import WriteSession
from tocsin_server.web.values import FindingId
from tocsin_server.web.versions import etag

router = APIRouter(prefix="/findings/{id}")


@router.post("/assign")
def assign(
    posted: Post,
    session: WriteSession,
    id: FindingId,  # noqa: A002 - the name in the path
) -> Response:
    """Say who looks at it; nobody, if the field is empty."""
    return _triage(posted, session, id, Triage(assignee=posted.one("assignee").strip()))


@router.post("/disposition")
def judge(
    posted: Post,
    session: WriteSession,
    id: FindingId,  # noqa: A002 - the name in the path
) -> Response:
    """Say what it turned out to be."""
    state = queries.finding(session, id).state
    return _triage(posted, session, id, forms.triage(posted, FindingState(state)))


@router.post("/silence")
def silence(
    request: Request,
    posted: Post,
    session: WriteSession,
    id: FindingId,  # noqa: A002 - the name in the path
) -> Response:
    """Keep quiet about alerts like these for a while."""
    actor, finding = posted.needs(Role.ANALYST), queries.finding(session, id)
    try:
        suppressions.silence(session, actor, forms.silence(posted, finding))
    except (ProblemError, ValidationError) as error:
        return _again(request, posted, session, id, form="silence", wrong=_reasons(error))
    return back_to(posted.one("back"))


@router.post("/exception")
def make_exception(
    request: Request,
    posted: Post,
    session: WriteSession,
    id: FindingId,  # noqa: A002 - the name in the path
) -> Response:
    """Make an exception, or show it as a file for the project's repository."""
    finding, rules = queries.finding(session, id), request.app.state.rules
    try:
        asked = forms.exception(posted, finding, rules)
        if posted.one("do") == "file":
            file = rules.filter_file(asked.detection, asked.condition, asked.ticket, asked.reason)
            return _again(request, posted, session, id, form="exception", file=file)
        suppressions.exception(session, posted.needs(Role.ENGINEER), rules, asked)
    except (ProblemError, ValidationError, RefusedError) as error:
        if isinstance(error, ProblemError) and error.status_code == 403:  # noqa: PLR2004
            raise
        return _again(request, posted, session, id, form="exception", wrong=_reasons(error))
    return back_to(posted.one("back"))


def _triage(posted: Posted, session: Session, id_: str, asked: Triage) -> Response:
    actor, revision = posted.needs(Role.ANALYST), posted.one("revision")
    known = etag(id_, int(revision)) if revision.isdecimal() else None
    dispositions.triage(session, actor, id_, known, asked)
    return back_to(posted.one("back"), f"{HOME}/{id_}")


def _again(  # noqa: PLR0913 - what a page says of a form
    request: Request,
    posted: Posted,
    session: Session,
    id_: str,
    *,
    form: str,
    wrong: tuple[str, ...] = (),
    file: Any = None,
) -> Response:
    """The page with the form as it was sent, and what is wrong with it."""
    seen = look(session, request, posted.visitor, id_, None)
    sent = {name: posted.one(name) for name in posted.fields}
    return page(
        request, "finding.html", posted.visitor,
        status=422 if wrong else 200,
        title=seen.finding.title, seen=seen, sent=sent, sent_form=form, wrong=wrong, file=file,
    )  # fmt: skip


def _reasons(error: Exception) -> tuple[str, ...]:
    if isinstance(error, RefusedError):
        return error.reasons
    if isinstance(error, ProblemError):
        return tuple(faults(error))
    assert isinstance(error, ValidationError)  # noqa: S101 - what else was caught
    return tuple(
        f"{each['loc'][0] if each['loc'] else ''}: {each['msg']}" for each in error.errors()
    )
