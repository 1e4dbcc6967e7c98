"""Changes of findings by people."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from tocsin_server.alerts.state import Disposition, FindingState
from tocsin_server.dispositions.models import Comment
from tocsin_server.web.paging import Paged
from tocsin_server.web.values import AskedValues, Line, Prose, iso


class Triage(AskedValues):
    """What is to change; what is left out stays. An empty assignee means nobody."""

    state: Annotated[
        Literal[FindingState.OPEN, FindingState.CLOSED] | None, Field(description="Open or closed.")
    ] = None
    disposition: Disposition | None = None
    assignee: Line | None = None
    comment: Prose = ""


class CommentQuery(Paged):
    """Which page of comments."""


class CommentShown(BaseModel):
    """What someone said of a finding."""

    id: int
    time: str
    actor: str
    name: str
    text: str


def comment_shown(comment: Comment) -> CommentShown:
    """A row as it is shown."""
    told = {name: getattr(comment, name) for name in ("id", "actor", "name", "text")}
    return CommentShown(time=iso(comment.time), **told)
