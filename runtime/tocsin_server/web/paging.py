"""Pages of a list that is ordered by two columns, each page after the last row before it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, Field
from sqlalchemy import Select, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from tocsin.canonical import digest
from tocsin_server.web.problem import ProblemError
from tocsin_server.web.values import AskedValues

_MOST_NUMBER = 2**63 - 1
_FORM = re.compile(r"[A-Za-z0-9_-]{1,400}")
_ID = re.compile(r"[0-9a-zA-Z_.:-]{1,128}")

Shown = TypeVar("Shown")
ListedRow = TypeVar("ListedRow")


class Paged(AskedValues):
    """Which page of a list. `cursor`: the `next` of the page before."""

    cursor: Annotated[str, Field(max_length=400)] = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 50

    def asked(self) -> dict[str, Any]:
        """What is asked for, whatever the page."""
        return self.model_dump(mode="json", exclude={"cursor", "limit"}, exclude_defaults=True)


class Page(BaseModel, Generic[Shown]):
    """A page of a list. `next`: the cursor of the page after it, null at the end."""

    items: list[Shown]
    next: str | None


@dataclass(frozen=True, slots=True)
class PageOrder:
    """Newest first: by a number, and among equal ones by the id."""

    number: InstrumentedAttribute[int]
    id: InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A filter of several values, by which there is an index in the order of the list.

    A database reads the first rows of one value from such an index; of several at once it reads
    all rows, to sort them. So that the first rows of each are asked for, and the first of those.
    """

    column: InstrumentedAttribute[Any]
    values: Sequence[Any]


def page(  # noqa: PLR0913 - what a list is
    session: Session,
    found: Select[Any],
    order: PageOrder,
    paged: Paged,
    shown: Callable[[ListedRow], Shown],
    *,
    any_of: AnyOf | None = None,
) -> Page[Shown]:
    """The page that is asked for."""
    if paged.cursor:
        found = found.where(tuple_(order.number, order.id) < _read(paged, order))
    if any_of is not None:
        found = _spread(found, order, any_of, paged.limit + 1)
    rows = session.scalars(_first(found, order, paged.limit + 1)).all()
    more = len(rows) > paged.limit
    rows = rows[: paged.limit]
    return Page(items=list(map(shown, rows)), next=_cursor(paged, order, rows) if more else None)


def _first(found: Select[Any], order: PageOrder, number: int) -> Select[Any]:
    return found.order_by(order.number.desc(), order.id.desc()).limit(number)


def _spread(found: Select[Any], order: PageOrder, any_of: AnyOf, number: int) -> Select[Any]:
    ids = found.with_only_columns(order.id)
    each = [
        _first(ids.where(any_of.column == value), order, number).subquery()
        for value in any_of.values
    ]
    return found.where(order.id.in_(union_all(*(select(first.c.id) for first in each))))


def _cursor(paged: Paged, order: PageOrder, rows: Sequence[Any]) -> str:
    last = rows[-1]
    place = [_query(paged), getattr(last, order.number.key), getattr(last, order.id.key)]
    text = json.dumps(place, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _read(paged: Paged, order: PageOrder) -> tuple[int, Any]:
    """The place that a cursor names. It is data of whoever asks, so nothing of it is trusted."""
    match _decoded(paged.cursor):
        case [str(query), int(number), place] if (
            query == _query(paged)
            and type(number) is int
            and abs(number) <= _MOST_NUMBER
            and _is_id(place, order)
        ):
            return number, place
        case _:
            raise _forged()


def _decoded(cursor: str) -> Any:
    if not _FORM.fullmatch(cursor):
        raise _forged()
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return json.loads(raw)
    except (binascii.Error, ValueError):
        raise _forged() from None


def _is_id(place: object, order: PageOrder) -> bool:
    if order.id.type.python_type is int:
        return type(place) is int and abs(place) <= _MOST_NUMBER
    return isinstance(place, str) and _ID.fullmatch(place) is not None


def _query(paged: Paged) -> str:
    return digest(paged.asked())[:16]


def _forged() -> ProblemError:
    detail = "the cursor is not from this list with these filters"
    return ProblemError(400, "cursor", detail)
