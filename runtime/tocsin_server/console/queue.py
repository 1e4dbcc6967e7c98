"""The queue: findings by filters, saved filters, and news of what changes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from tocsin_server.alerts import around, queries
from tocsin_server.alerts.feed import Feed
from tocsin_server.alerts.routes import EVENTS, LastEventId
from tocsin_server.console import filters
from tocsin_server.console.chosen import ANY, ME, NOBODY, NONE, WITHIN, chosen
from tocsin_server.console.pages import HOME, back_to, page
from tocsin_server.console.visitor import Post, SignedIn
from tocsin_server.web.session import ReadSession, WriteSession

router = APIRouter()
PER_PAGE = 50
_CHOICES = {
    "disposition": {
        "": "any disposition",
        NONE: "no disposition",
        "true_positive": "true positive",
        "benign": "benign",
        "false_positive": "false positive",
    },
    "assignee": {"": "anyone", ME: "me", NOBODY: "nobody"},
    "within": {"": "any time", **{name: f"last {name}" for name in WITHIN}},
    "state": {"open": "open", "closed": "closed", "suppressed": "suppressed", ANY: "any state"},
}


@router.get("/findings")
def show_queue(request: Request, who: SignedIn, session: ReadSession) -> Response:
    """Findings, those with the newest alert first."""
    asked = chosen(request.query_params.multi_items())
    query = asked.findings(who.actor, PER_PAGE)
    found = queries.findings(session, query)
    since = {"since": query.since.isoformat()} if query.since else {}
    return page(
        request, "queue.html", who,
        title="Findings",
        asked=asked,
        found=found,
        total=around.number(session, query),
        older=asked.address(cursor=found.next, **since) if found.next else "",
        choices=_CHOICES,
        detections=around.detections(session),
        saved=filters.saved(session, who.actor),
    )  # fmt: skip


@router.get("/events")
async def follow(_: SignedIn, request: Request, last: LastEventId = None) -> Response:
    """The findings that change, as the API's `/events` tells them."""
    feed: Feed = request.app.state.feed
    feed.admit()
    return StreamingResponse(feed.follow(last), media_type=EVENTS)


@router.post("/filters")
def save_filter(posted: Post, session: WriteSession) -> Response:
    """Give the filter of a queue a name."""
    saved = filters.save(session, posted.actor, posted.one("name"), posted.one("query"))
    return back_to(f"{HOME}?{saved.query}")


@router.post("/filters/remove")
def remove_filter(posted: Post, session: WriteSession) -> Response:
    """Forget a filter."""
    filters.remove(session, posted.actor, posted.one("name"))
    return back_to(posted.one("back"))
