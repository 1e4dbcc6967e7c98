"""Events of findings: each change at least once, also after a break; many who follow."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from asking import START, asking, keep, some_findings
from patience import until
from raised_alerts import raised
from tocsin_server.alerts import feed as feeds
from tocsin_server.alerts.feed import Feed
from tocsin_server.auth.role import Role
from tocsin_server.database import Database
from tocsin_server.web.problem import ProblemError

Event = tuple[str, str, dict[str, Any]]


def events(text: str) -> list[Event]:
    """Id, name and data of each event."""
    found = []
    for block in text.split("\n\n"):
        lines = [line.split(": ", 1) for line in block.splitlines() if line[:1] != ":"]
        told = {name: value for name, value in lines if name in ("id", "event", "data")}
        if told:
            found.append((told["id"], told["event"], json.loads(told["data"])))
    return found


async def told(feed: Feed, last: str | None, write: Callable[[], None], number: int) -> list[Event]:
    """The first findings of a stream that is open while something is written, each once."""
    stream = feed.follow(last)
    found = events(await anext(stream))
    await asyncio.to_thread(write)
    seen: set[str] = set()
    async for text in stream:
        found += events(text)
        seen |= {data.get("id", "") for _, _, data in events(text)}
        if len(seen) >= number:
            break
    await stream.aclose()
    return found


def followed(
    feed: Feed, last: str | None, number: int, write: Callable[[], None] = lambda: None
) -> list[Event]:
    """The same, from the beginning to the end of the process."""

    async def run() -> list[Event]:
        found = await told(feed, last, write, number)
        await feed.close()
        return found

    return asyncio.run(run())


def test_what_is_written_is_told(database: Database) -> None:
    some_findings(database, 1)

    def write() -> None:
        keep(database, [raised("a", START), raised("b", START + 1)])
        keep(database, [raised("c", START + 2)])

    [*_, (_, name, data)] = followed(Feed(database, every=0.05), None, 2, write)
    assert (name, data["by"]) == ("finding", {"user": "ada"})


def test_after_a_break_nothing_is_missing(database: Database) -> None:
    first = followed(
        Feed(database, every=0.05), None, 1, lambda: keep(database, [raised("a", START)])
    )
    keep(database, [raised(f"b{n}", START, hours=None) for n in range(600)])
    then = followed(Feed(database), first[-1][0], 601)
    assert len({data["id"] for _, _, data in then}) == 601


def test_too_much_at_once(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_AT_ONCE", 5)
    some_findings(sqlite_database, 10)
    [(_, name, data)] = followed(Feed(sqlite_database), f"1-{'0' * 32}", 1)
    assert (name, data) == ("reset", {})


def test_two_hundred_follow(sqlite_database: Database) -> None:
    feed = Feed(sqlite_database, every=0.05)

    async def run() -> list[list[Event]]:
        def write() -> None:
            until(lambda: feed._streams == 200)
            keep(sqlite_database, [raised("a", START)])

        first = asyncio.create_task(told(feed, None, write, 1))
        others = [told(feed, None, lambda: None, 1) for _ in range(199)]
        found = await asyncio.gather(first, *others)
        await feed.close()
        return found

    assert [len(each) for each in asyncio.run(run())] == [1] * 200


def test_more_than_can_follow(sqlite_database: Database) -> None:
    feed = Feed(sqlite_database)
    feed._streams = feeds.MOST_STREAMS
    with pytest.raises(ProblemError, match="too many"):
        feed.admit()


def test_over_http(sqlite_database: Database) -> None:
    some_findings(sqlite_database, 2)
    feed = Feed(sqlite_database, lifetime=0)
    with asking(sqlite_database, Role.READER, feed=feed) as client:
        answer = client.get("/events", headers={"Last-Event-ID": f"1-{'0' * 32}"})
        assert answer.headers["content-type"].startswith("text/event-stream")
        listed = client.get("/findings").json()["items"]
        assert [data for _, _, data in events(answer.text)] == sorted(
            listed, key=lambda each: each["id"]
        )
        assert client.get("/events", headers={"Last-Event-ID": "0 OR 1=1"}).status_code == 422
