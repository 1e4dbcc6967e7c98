"""Findings and alerts over HTTP: filters, pages, tags, the very bytes."""

from typing import Any

import pytest

from asking import HOUR, START, asking, keep, some_findings
from raised_alerts import raised
from tocsin_server.auth.role import Role
from tocsin_server.database import Database


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["title"] for each in answer.json()["items"]]


def test_a_finding_over_http(database: Database) -> None:
    keep(database, [raised("a", START), raised("b", START + HOUR)])
    with asking(database, Role.READER) as client:
        [found] = client.get("/findings").json()["items"]
        assert client.get(f"/findings/{found['id']}").json() == found
    assert (found["count"], found["state"], found["severity"]) == (2, "open", "high")
    assert (found["first"], found["by"]) == ("2023-11-14T22:13:20.000Z", {"user": "ada"})


def test_an_alert_is_the_very_bytes(database: Database) -> None:
    body = raised("a", START)
    keep(database, [body])
    with asking(database, Role.READER) as client:
        [found] = client.get("/alerts").json()["items"]
        answer = client.get(f"/alerts/{found['id']}/body")
        assert client.get(f"/alerts/{found['id']}").json() == found
    assert answer.content == body
    assert answer.headers["content-type"] == "application/cloudevents+json"


@pytest.mark.parametrize("path", ["findings", "alerts"])
def test_pages_give_each_once(database: Database, path: str) -> None:
    keep(database, [raised(f"e{n}", START, hours=None, title=f"T{n}") for n in range(7)])
    seen: list[str] = []
    with asking(database, Role.READER) as client:
        cursor: str | None = ""
        while cursor is not None:
            answer = client.get(path, params={"limit": 3, "cursor": cursor})
            seen += titles(answer)
            cursor = answer.json()["next"]
    assert sorted(seen) == [f"T{n}" for n in range(7)]


FILTERS = {
    "": ["Payout 2", "Payout 1", "Payout 0"],
    "title=OUT 1": ["Payout 1"],
    "title=%25": [],
    "title=_": [],
    "since=2023-11-14T23:13:20Z": ["Payout 2", "Payout 1"],
    "before=2023-11-15T00:13:20%2B01:00": ["Payout 0"],
    "severity=high&severity=low&limit=1": ["Payout 2"],
    "severity=low": [],
    "environment=prod": ["Payout 2", "Payout 1", "Payout 0"],
    "environment=test": [],
    "detection=11111111-1111-4111-8111-111111111111&limit=2": ["Payout 2", "Payout 1"],
    "detection=' OR 1=1 --": [],
    "environment=prod'; DROP TABLE findings; --": [],
    "title=x') UNION SELECT hash FROM tokens --": [],
}


def test_filters(database: Database) -> None:
    some_findings(database)
    with asking(database, Role.READER) as client:
        for query, expected in FILTERS.items():
            assert titles(client.get(f"/findings?{query}")) == expected, query
            assert titles(client.get(f"/alerts?{query}")) == expected, query


WRONG = (
    "limit=0 limit=501 limit=x severity=loud state=lost since=yesterday since=2026-01-01T00:00:00"
    " title=%00 nobody=knows cursor=" + "x" * 500
)


def test_filters_that_mean_nothing(database: Database) -> None:
    with asking(database, Role.READER) as client:
        for query in WRONG.split():
            answer = client.get(f"/findings?{query}")
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), query


def test_a_finding_that_is_known_is_not_sent(database: Database) -> None:
    some_findings(database, 1)
    with asking(database, Role.READER) as client:
        path = f"/findings/{client.get('/findings').json()['items'][0]['id']}"
        tag = client.get(path).headers["etag"]
        again = client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


FORGED = ("x", "!", "bnVsbA", "W10", "WyIiLDEsIngiXQ", "WyJ4Iiw5OTk5OTk5OTk5OTk5OSwieCJd")


def test_a_forged_cursor(database: Database) -> None:
    with asking(database) as client:
        for path in ("findings", "alerts", "audit"):
            for cursor in FORGED:
                answer = client.get(path, params={"cursor": cursor})
                assert (answer.status_code, answer.json()["code"]) == (400, "cursor"), cursor


def test_a_cursor_of_other_filters(database: Database) -> None:
    some_findings(database)
    with asking(database) as client:
        cursor = client.get("/findings?limit=1&title=pay").json()["next"]
        assert client.get(f"/findings?limit=1&title=pay&cursor={cursor}").status_code == 200
        assert client.get(f"/findings?limit=1&title=x&cursor={cursor}").status_code == 400
        assert client.get(f"/alerts?limit=1&cursor={cursor}").status_code == 400


def test_event_times_of_no_calendar(database: Database) -> None:
    keep(database, [raised("a", 2**62)])
    with asking(database) as client:
        assert client.get("/alerts").json()["items"][0]["time"] == "9999-12-31T23:59:59.999Z"
