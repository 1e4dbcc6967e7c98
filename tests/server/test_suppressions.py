"""Silences and exceptions: nothing is dropped, nothing comes back, nothing is hidden."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from asking import HOUR, SOON, START, asking, keep, silence
from raised_alerts import raised
from tocsin.ir.nodes import Leaf, Text
from tocsin_server.alerts.models import Alert
from tocsin_server.auth.role import Role
from tocsin_server.database import Database
from tocsin_server.suppressions.condition import packed
from tocsin_server.suppressions.models import Suppression
from tocsin_server.suppressions.rules import RefusedError

DETECTION = "11111111-1111-4111-8111-111111111111"


class Rules:
    """Takes conditions on the user only."""

    def compiled(self, detection: str, section: Mapping[str, Any]) -> dict[str, Any]:
        if detection != DETECTION:
            raise RefusedError(["no such detection", "and no such field"])
        return packed(Leaf("login", Text((section["selection"]["login"],))), {"login": ("user",)})


def exception(client: TestClient, **more: Any) -> Any:
    condition = {"selection": {"login": "ada"}, "condition": "selection"}
    asked = {"detection": DETECTION, "condition": condition, "reason": "known"}
    asked |= {"owner": "payments", "ticket": "PAY-1", "expires": SOON}
    return client.post("/suppressions/exceptions", json=asked | more)


def states(client: TestClient) -> list[tuple[str, int]]:
    found = client.get("/findings").json()["items"]
    return sorted((each["state"], each["count"]) for each in found)


def expire(database: Database) -> None:
    with database.write() as session:
        session.execute(update(Suppression).values(expires=1))


def test_a_silence_hides_nothing_and_drops_nothing(database: Database) -> None:
    with asking(database, Role.ANALYST) as client:
        made = silence(client)
        assert made.status_code == 201, made.text
        keep(database, [raised("a", START), raised("b", START + 1), raised("c", START, user="bob")])
        assert states(client) == [("open", 1), ("suppressed", 2)]
        path = f"/suppressions/{made.json()['id']}"
        [found] = client.get("/findings?state=suppressed").json()["items"]
        assert found["suppressed_by"] == made.json()["id"]
        assert client.get(path).json()["hits"] == 2
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 3


def test_expiry_reopens_nothing_and_floods_nothing(database: Database) -> None:
    with asking(database, Role.ANALYST) as client:
        silence(client)
        keep(database, [raised(f"e{n}", START + n * 24 * HOUR) for n in range(3)])
        expire(database)
        keep(database, [raised("later", START + 100 * 24 * HOUR)])
        assert states(client) == [("open", 1), *[("suppressed", 1)] * 3]


def test_an_alert_that_is_not_suppressed_opens_its_finding(database: Database) -> None:
    with asking(database, Role.ANALYST) as client:
        silence(client)
        keep(database, [raised("a", START)])
        expire(database)
        keep(database, [raised("b", START + 1)])
        assert states(client) == [("open", 2)]
        silence(client)
        keep(database, [raised("c", START + 2)])
        assert states(client) == [("open", 3)], "what is open stays open"


def test_what_was_closed_stays_closed(database: Database) -> None:
    keep(database, [raised("a", START)])
    with asking(database, Role.ANALYST) as client:
        [found] = client.get("/findings").json()["items"]
        tag = {"If-Match": client.get(f"/findings/{found['id']}").headers["etag"]}
        client.patch(f"/findings/{found['id']}", json={"state": "closed"}, headers=tag)
        silence(client)
        keep(database, [raised("b", START + 1)])
        assert states(client) == [("closed", 2)]


def test_an_exception_by_its_condition(database: Database) -> None:
    with asking(database, Role.ENGINEER, rules=Rules()) as client:
        made = exception(client)
        assert made.status_code == 201, made.text
        keep(
            database,
            [raised("a", START), raised("b", START, user="bob"), raised("c", 0, detection="other")],
        )
        assert states(client) == [("open", 1), ("open", 1), ("suppressed", 1)]
        again = client.get(f"/suppressions/{made.json()['id']}").json()
        assert (again["hits"], again["owner"], again["ticket"]) == (1, "payments", "PAY-1")
        assert again["condition"]["condition"] == "selection"


def test_events_that_an_alert_does_not_carry_are_not_judged(database: Database) -> None:
    with asking(database, Role.ENGINEER, rules=Rules()) as client:
        exception(client)
        silence(client, fields={"id": ["a"]})
        short = raised("a", START).replace(b'"event_count":1', b'"event_count":2')
        bare = raised("b", START, user=None).replace(b'"evidences":[', b'"evidences":[7,')
        keep(database, [short, bare])
        assert {state for state, _ in states(client)} == {"open"}


def test_an_ended_suppression(database: Database) -> None:
    with asking(database, Role.ENGINEER, rules=Rules()) as client:
        path = f"/suppressions/{exception(client).json()['id']}/end"
        with asking(database, Role.ANALYST) as analyst:
            assert analyst.post(path).status_code == 403, "an exception takes an engineer"
        ended = client.post(path).json()["ended"]
        assert client.post(path).json()["ended"] == ended
        keep(database, [raised("a", START)])
        assert states(client) == [("open", 1)]
        lists = [client.get(f"/suppressions?active={v}").json()["items"] for v in ("true", "false")]
        assert [len(each) for each in lists] == [0, 1]
    with asking(database) as admin:
        actions = [each["action"] for each in admin.get("/audit").json()["items"]]
    assert {"exception.created", "exception.ended"} < set(actions)


def test_what_is_refused(sqlite_database: Database) -> None:
    late = (datetime.now(UTC) + timedelta(days=91)).isoformat()
    with asking(sqlite_database, Role.ENGINEER, rules=Rules()) as client:
        for asked in (
            {"fields": {}}, {"fields": {"user": []}}, {"fields": {"": ["x"]}}, {"expires": late},
            {"expires": "2020-01-01T00:00:00Z"}, {"reason": ""}, {"hits": 5}, {"id": "0" * 32},
            {"fields": {"user": ["\0"]}}, {"kind": "exception"},
        ):  # fmt: skip
            assert silence(client, **asked).status_code == 422, asked
        for asked in (
            {"owner": ""}, {"ticket": ""}, {"condition": {}}, {"condition": {"x": "\0"}},
            {"condition": {"x": "y" * 20_000}}, {"compiled": {}},
        ):  # fmt: skip
            assert exception(client, **asked).status_code == 422, asked
        refused = exception(client, detection="other").json()
        assert [each["message"] for each in refused["errors"]] == [
            "no such detection",
            "and no such field",
        ]
    with asking(sqlite_database, Role.ENGINEER) as client:
        assert exception(client).json()["code"] == "no-detections"
