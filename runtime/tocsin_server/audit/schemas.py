"""Changes as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from tocsin_server.audit.models import AuditedChange
from tocsin_server.web.paging import Paged
from tocsin_server.web.values import AskedMoment, Line, iso


class AuditQuery(Paged):
    """Which changes. `subject`: the id of what changed; `actor`: the id of a token."""

    subject: Line = ""
    actor: Line = ""
    action: Line = ""
    since: Annotated[AskedMoment | None, Field(description="At this time or later.")] = None
    before: Annotated[AskedMoment | None, Field(description="Earlier than this time.")] = None


class ChangeShown(BaseModel):
    """A change: who, when, what, and how it was before and after."""

    id: int
    time: str
    actor: str
    name: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def shown(change: AuditedChange) -> ChangeShown:
    """A row as it is shown."""
    told = {name: getattr(change, name) for name in ChangeShown.model_fields if name != "time"}
    return ChangeShown(time=iso(change.time), **told)
