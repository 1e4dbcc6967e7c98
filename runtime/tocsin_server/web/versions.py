"""Changes of what nobody else has changed meanwhile: ETag, If-Match, If-None-Match."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from tocsin_server.web.problem import ProblemError

IfMatch = Annotated[
    str | None, Header(max_length=200, description="The ETag that the change is made from.")
]
IfNoneMatch = Annotated[str | None, Header(max_length=1000)]


def etag(id_: str, revision: int) -> str:
    """The tag of a revision."""
    return f'"{id_}-{revision}"'


def require(given: str | None, current: str) -> None:
    """Refuse a change that was made from another revision, or from none."""
    if given is None:
        detail = "send the ETag of what you read as If-Match"
        raise ProblemError(428, "no-if-match", detail)
    if given.strip() != current:
        raise ProblemError(412, "changed-meanwhile", "it has changed: read it again")


def is_known(given: str | None, current: str) -> bool:
    """Whether the one who asks has this revision."""
    tags = (each.strip().removeprefix("W/") for each in (given or "").split(","))
    return any(each in ("*", current) for each in tags) if given else False
