"""Closed findings that get new alerts, and the counts that are kept of all findings."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asking import HOUR, START, asking, keep, silence
from raised_alerts import raised
from tallied import recounted, tallied
from tocsin_server.auth.role import Role
from tocsin_server.database import Database


def triage(client: TestClient, **asked: Any) -> dict[str, Any]:
    """Change the first finding of the list."""
    path = f"/findings/{client.get('/findings').json()['items'][0]['id']}"
    tag = client.get(path).headers["etag"]
    answer = client.patch(path, json=asked, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def only(client: TestClient) -> dict[str, Any]:
    [found] = client.get("/findings").json()["items"]
    return dict(found)


def test_a_new_alert_opens_it_again(database: Database) -> None:
    with asking(database) as client:
        keep(database, [raised("a", START), raised("b", START + 1)])
        closed = triage(client, state="closed", disposition="benign", assignee="ada")
        assert (closed["since_closed"], closed["reopened"]) == (0, None)
        keep(database, [raised("c", START + 2), raised("d", START - 1), raised("a", START)])
        found = only(client)
        assert (found["state"], found["count"], found["since_closed"]) == ("open", 4, 2)
        assert found["reopened"] >= closed["changed"]
        assert (found["disposition"], found["assignee"]) == ("benign", "ada"), "said is said"
        told = client.get("/audit", params={"action": "finding.reopened"}).json()["items"]
        assert [(each["subject"], each["actor"]) for each in told] == [(found["id"], "")]
        again = triage(client, state="closed")
    assert (again["since_closed"], again["reopened"]) == (0, None)


def test_the_same_alert_again_opens_nothing(database: Database) -> None:
    with asking(database) as client:
        keep(database, [raised("a", START)])
        triage(client, state="closed")
        keep(database, [raised("a", START)])
        assert only(client)["state"] == "closed"


def test_suppressed_alerts_open_nothing(database: Database) -> None:
    with asking(database) as client:
        keep(database, [raised("a", START)])
        triage(client, state="closed")
        silence(client)
        keep(database, [raised("b", START + 1)])
        found = only(client)
    assert (found["state"], found["count"], found["since_closed"]) == ("closed", 2, 1)


def test_what_people_open_is_not_opened_again(database: Database) -> None:
    with asking(database) as client:
        keep(database, [raised("a", START)])
        triage(client, state="closed")
        triage(client, state="open")
        keep(database, [raised("b", START + 1)])
        found = only(client)
    assert (found["state"], found["reopened"], found["since_closed"]) == ("open", None, 0)


ALERTS = st.tuples(st.integers(0, 60), st.sampled_from(["ada", "bob"]))
CHANGES: dict[str, Any] = {
    "close": {"state": "closed"},
    "benign": {"disposition": "benign", "state": "closed"},
    "false": {"disposition": "false_positive"},
    "open": {"state": "open", "disposition": ""},
}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.lists(ALERTS, min_size=1, max_size=6) | st.sampled_from([*CHANGES, "silence"]),
        min_size=3,
        max_size=14,
    )
)
def test_counts_are_those_of_all_findings(
    fresh_database: Callable[[], Database], steps: Sequence[Any]
) -> None:
    database = fresh_database()
    keep(database, [raised("first", START)])
    with asking(database, Role.ANALYST) as client:
        for number, step in enumerate(steps):
            if step == "silence":
                silence(client)
            elif isinstance(step, str):
                triage(client, **CHANGES[step])
            else:
                keep(
                    database,
                    [
                        raised(f"{number}-{n}", START + hour * HOUR, user=user)
                        for n, (hour, user) in enumerate(step)
                    ],
                )
    assert tallied(database) == recounted(database)
    database.close()
