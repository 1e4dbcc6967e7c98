"""What people make of findings: who, when, before, after; never over someone else's change."""

from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import func, select

from asking import START, asking, keep, some_findings
from raised_alerts import raised
from tocsin_server.audit.models import AuditedChange
from tocsin_server.auth.role import Role
from tocsin_server.database import Database, now_ms
from tocsin_server.dispositions.models import Comment


def first(client: TestClient) -> str:
    return f"/findings/{client.get('/findings').json()['items'][0]['id']}"


def change(client: TestClient, path: str, **asked: Any) -> Any:
    tag = client.get(path).headers["etag"]
    return client.patch(path, json=asked, headers={"If-Match": tag})


def test_a_disposition_with_comment_and_assignee(database: Database) -> None:
    some_findings(database, 1)
    with asking(database, Role.ANALYST) as client:
        path = first(client)
        before = client.get(path).json()
        answer = change(
            client, path, disposition="false_positive", state="closed", assignee="ada", comment="ok"
        )
        assert answer.status_code == 200, answer.text
        after = client.get(path)
        assert after.json() == answer.json()
        assert after.headers["etag"] == answer.headers["etag"]
        [said] = client.get(f"{path}/comments").json()["items"]
    told = {"disposition": "false_positive", "state": "closed", "assignee": "ada"}
    assert after.json() | {"changed": ""} == before | told | {"revision": 2, "changed": ""}
    assert (said["text"], said["name"]) == ("ok", "a analyst")


def test_every_change_is_noted(database: Database) -> None:
    some_findings(database, 1)
    with asking(database) as client:
        path = first(client)
        change(client, path, assignee="ada")
        change(client, path, assignee="ada", comment="\N{SNOWMAN}")
        change(client, path, assignee="")
        change(client, path)
        id_ = path.rpartition("/")[2]
        found = client.get("/audit", params={"subject": id_}).json()["items"]
    assert [each["action"] for each in found] == ["finding.changed"] * 3
    told = [(each["before"]["assignee"], each["after"]["assignee"]) for each in found]
    assert sorted(told) == [("", "ada"), ("ada", ""), ("ada", "ada")]
    assert {each["name"] for each in found} == {"a admin"}


def test_a_change_of_what_has_changed(database: Database) -> None:
    keep(database, [raised("a", START)])
    with asking(database, Role.ANALYST) as client:
        path = first(client)
        tag = client.get(path).headers["etag"]
        keep(database, [raised("b", START + 1)])
        asked = {"state": "closed"}
        late = client.patch(path, json=asked, headers={"If-Match": tag})
        none = client.patch(path, json=asked)
        anything = client.patch(path, json=asked, headers={"If-Match": "*"})
    assert [a.status_code for a in (late, none, anything)] == [412, 428, 412]
    with database.read() as session:
        assert (
            session.scalar(select(func.count()).where(AuditedChange.action == "finding.changed"))
            == 0
        )


def test_what_may_not_be_changed(database: Database) -> None:
    """Mass assignment, and values that are none."""
    some_findings(database, 1)
    with asking(database, Role.ANALYST) as client:
        path = first(client)
        before = client.get(path).json()
        for asked in (
            {"id": "0"}, {"count": 0}, {"revision": 9}, {"suppressed_by": "x"}, {"severity": 1},
            {"state": "suppressed"}, {"state": "gone"}, {"disposition": "maybe"}, {"actor": "root"},
            {"assignee": "x" * 301}, {"assignee": "a\nb"}, {"comment": "\0"}, {"comment": [1]},
        ):  # fmt: skip
            assert change(client, path, **asked).status_code == 422, asked
        assert client.get(path).json() == before
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Comment)) == 0


def test_a_finding_that_is_not(database: Database) -> None:
    with asking(database, Role.ANALYST) as client:
        asked: dict[str, Any] = {"json": {}, "headers": {"If-Match": "x"}}
        assert client.patch(f"/findings/{'0' * 32}", **asked).status_code == 404
        assert client.get(f"/findings/{'0' * 32}/comments").status_code == 404
        assert client.get("/findings/../tokens").status_code == 404
        assert client.get("/findings/%27%20OR%201").status_code == 422


def test_noise_of_a_detection(database: Database) -> None:
    now = now_ms()
    bodies = [raised(f"e{n}", now, user=f"u{n % 4}", title="Payout") for n in range(8)]
    keep(database, [*bodies, raised("x", now, detection="other"), raised("old", START)])
    with asking(database, Role.ANALYST) as client:
        for n, said in enumerate(("false_positive", "true_positive", "false_positive")):
            [one, *_] = [
                each["id"]
                for each in client.get("/findings?title=payout").json()["items"]
                if each["by"] == {"user": f"u{n}"}
            ]
            change(client, f"/findings/{one}", disposition=said)
        first_, second = client.get("/detections?days=2").json()
        assert client.get("/detections?environment=other").json() == []
    told = ("findings", "alerts", "alerts_a_day", "open", "true_positive", "false_positive")
    assert [first_[name] for name in told] == [4, 8, 4.0, 4, 1, 2]
    assert (first_["false_share"], first_["title"]) == (2 / 3, "Payout")
    assert (second["detection"], second["false_share"]) == ("other", None)
    shares = ("undecided", "undecided_share", "findings_a_day", "trend")
    assert [first_[name] for name in shares] == [1, 0.25, 2.0, [0, 8]]
    assert [second[name] for name in shares] == [1, 1.0, 0.5, [0, 1]]


def test_noise_over_time(database: Database) -> None:
    """Of a long time the parts are longer; what lies in the future is of the last one."""
    day, now = 86_400_000, now_ms()
    ago = (0, 0, 3, 59, -9)
    keep(database, [raised(f"e{n}", now - int(d * day), hours=None) for n, d in enumerate(ago)])
    with asking(database, Role.READER) as client:
        [told] = client.get("/detections?days=60").json()
    assert (len(told["trend"]), sum(told["trend"])) == (30, 5)
    assert [told["trend"][n] for n in (0, 28, 29)] == [1, 1, 3]
