"""New and changed findings, as they are written: read once a second for all who follow.

A finding is sent at least once for its newest revision. Transactions end in another order than
they begin, so that the last seconds are read again each time.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from starlette.concurrency import run_in_threadpool

from tocsin.errors import EngineError
from tocsin_server.alerts.models import AlertFinding
from tocsin_server.alerts.schemas import finding_shown
from tocsin_server.database import Database, now_ms
from tocsin_server.web.problem import ProblemError

MOST_STREAMS = 500
MOST_AT_ONCE = 5000
"""Of more changes nobody wants to be told each: they load the list again."""
_PAGE = 500
_AGAIN_MS = 10_000
_QUIET = 15.0
_FIRST = "0" * 32
_BEGIN = "retry: 3000\n: findings that change from now on\n\n"
_STILL = ": nothing has changed\n\n"

FeedPlace = tuple[int, str]
"""When a finding was written, and its id."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the stream."""

    place: FeedPlace
    revision: int
    text: str


class Feed:
    """One for each process. A stream ends after `lifetime`, and is then asked for again."""

    def __init__(self, database: Database, lifetime: float = 300.0, every: float = 1.0) -> None:
        self._database, self._lifetime, self._every = database, lifetime, every
        self._streams, self._closed = 0, False
        self._poller: asyncio.Task[None] | None = None
        self._recent: deque[Happened] = deque(maxlen=2 * MOST_AT_ONCE)
        self._written = 0
        self._news = asyncio.Condition()
        self._known: dict[FeedPlace, int] = {}
        self._place = 0

    def admit(self) -> None:
        """Raises ProblemError if as many as can follow already."""
        if self._streams >= MOST_STREAMS:
            headers = {"Retry-After": "30"}
            raise ProblemError(503, "too-many-streams", "too many follow already", headers=headers)

    def stop(self) -> None:
        """Let all streams end soon; from any thread."""
        self._closed = True

    async def close(self) -> None:
        """Let go of the database, at the end of the process."""
        self.stop()
        if self._poller:
            await self._poller

    async def follow(self, last: str | None) -> AsyncGenerator[str, None]:
        """Events after the one that was seen last, and those to come."""
        self._streams += 1
        self._start()
        try:
            number = self._written
            yield _BEGIN
            if last:
                for each in await run_in_threadpool(self._missed, _read(last)):
                    yield each.text
            async for text in self._live(number):
                yield text
        finally:
            self._streams -= 1

    async def _live(self, number: int) -> AsyncIterator[str]:
        end = time.monotonic() + self._lifetime
        while not self._closed and (left := end - time.monotonic()) > 0:
            await self._more(number, min(left, _QUIET))
            fresh = self._written - number
            if fresh > len(self._recent):
                return  # too slow: whoever asks again gets what was missed
            for each in list(self._recent)[len(self._recent) - fresh :]:
                yield each.text
            number += fresh
            if not fresh:
                yield _STILL

    async def _more(self, number: int, seconds: float) -> None:
        """Wait until more than this many were written, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self._closed or self._written > number)

    def _start(self) -> None:
        if self._poller is None or self._poller.done():
            self._place = now_ms()
            self._known = {}
            self._poller = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        while self._streams and not self._closed:
            with suppress(EngineError):  # the database is away: `/health` says so
                found = await run_in_threadpool(self._fresh)
                async with self._news:
                    self._recent.extend(found)
                    self._written += len(found)
                    self._news.notify_all()
            await asyncio.sleep(self._every)
        async with self._news:
            self._news.notify_all()

    def _fresh(self) -> list[Happened]:
        found = self._changed((self._place - _AGAIN_MS, _FIRST))
        new = [each for each in found if self._known.get(each.place) != each.revision]
        self._place = max([self._place, *(each.place[0] for each in found)])
        seen = {**self._known, **{each.place: each.revision for each in found}}
        begin = self._place - _AGAIN_MS
        self._known = {place: n for place, n in seen.items() if place[0] >= begin}
        return new

    def _missed(self, last: FeedPlace) -> list[Happened]:
        return self._changed((last[0] - _AGAIN_MS, _FIRST))

    def _changed(self, after: FeedPlace) -> list[Happened]:
        """What was written after a place, in that order; if it is too much, that it is."""
        found: list[Happened] = []
        for page in self._pages(after):
            found += page
            if len(found) > MOST_AT_ONCE:
                return [_reset(now_ms())]
        return found

    def _pages(self, after: FeedPlace) -> Iterator[list[Happened]]:
        order = (AlertFinding.changed, AlertFinding.id)
        while True:
            asked = select(AlertFinding).where(tuple_(*order) > after).order_by(*order).limit(_PAGE)
            with self._database.read() as session:
                rows = list(map(_happened, session.scalars(asked)))
            yield rows
            if len(rows) < _PAGE:
                return
            after = rows[-1].place


def _happened(finding: AlertFinding) -> Happened:
    place = (finding.changed, finding.id)
    data = finding_shown(finding).model_dump_json()
    return Happened(place, finding.revision, _text(place, "finding", data))


def _reset(now: int) -> Happened:
    place = (now, _FIRST)
    return Happened(place, 0, _text(place, "reset", "{}"))


def _text(place: FeedPlace, event: str, data: str) -> str:
    return f"id: {place[0]}-{place[1]}\nevent: {event}\ndata: {data}\n\n"


def _read(last: str) -> FeedPlace:
    changed, _, id_ = last.partition("-")
    return int(changed), id_
