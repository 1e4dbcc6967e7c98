"""What is told to whom, once, whatever fails in between, and however many servers there are."""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select, update

from asking import HOUR, MAKER, START, asking, some_findings
from raised_alerts import raised
from tocsin_server.alerts.models import Alert
from tocsin_server.alerts.state import AlertSeverity
from tocsin_server.alerts.store import StreamedAlert, StreamPiece, position, store
from tocsin_server.auth.role import Role
from tocsin_server.database import Database, now_ms
from tocsin_server.settings import ServerSettings
from tocsin_server.sinks import outbox, queue
from tocsin_server.sinks.base import Message, UndeliveredError
from tocsin_server.sinks.courier import Courier
from tocsin_server.sinks.models import Delivery
from tocsin_server.sinks.settings import SinkSettings
from tocsin_server.suppressions import service
from tocsin_server.suppressions.schemas import SilenceAsked
from tocsin_server.web.values import iso

SINK = SinkSettings(kind="webhook", url="https://x")
SINKS: Mapping[str, SinkSettings] = {"all": SINK}
SETTINGS = ServerSettings(sinks=dict(SINKS))


class Heard:
    """A sink that notes what it gets. `fails` are raised first."""

    def __init__(self, *fails: Exception) -> None:
        self.fails, self.got = list(fails), list[Message]()

    def send(self, message: Message) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.got.append(message)


def tell(database: Database, *bodies: bytes, sinks: Mapping[str, SinkSettings] = SINKS) -> None:
    with database.write() as session:
        start = position(session, "alerts", 0)
        records = [StreamedAlert(start + n, body) for n, body in enumerate(bodies)]
        stored = store(session, StreamPiece("alerts", 0, records, start + len(records)))
        outbox.put(session, sinks, stored.findings)


def courier(database: Database, sink: Heard, notices: list[str] | None = None) -> Courier:
    said = [] if notices is None else notices
    return Courier(database, "all", sink, lambda: False, said.append)


def rows(database: Database) -> list[Delivery]:
    with database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.created, Delivery.id)))


def due_now(database: Database) -> None:
    with database.write() as session:
        session.execute(update(Delivery).values(due=0))


def test_a_finding_is_told_once(database: Database) -> None:
    heard = Heard()
    tell(database, raised("a", START))
    tell(database, raised("b", START + 1))
    tell(database, raised("b", START + 1))
    assert courier(database, heard).turn() == 0
    assert courier(database, heard).turn() > 0
    [message] = heard.got
    assert (message.type, message.finding["count"]) == ("finding.opened", 1)
    [row] = rows(database)
    assert (row.state, row.id, row.tries) == ("sent", message.id, 1)


def test_updates_that_wait_become_one(database: Database) -> None:
    sinks = {"all": SINK.model_copy(update={"updates": True})}
    heard = Heard()
    for n in range(3):
        tell(database, raised(f"a{n}", START + n), sinks=sinks)
    courier(database, heard).turn()
    for n in range(3, 6):
        tell(database, raised(f"a{n}", START + n), sinks=sinks)
    courier(database, heard).turn()
    told = [(message.type, message.finding["count"]) for message in heard.got]
    assert told == [("finding.opened", 3), ("finding.changed", 6)]


def test_which_findings_a_sink_is_told_of(database: Database) -> None:
    wanted: dict[str, dict[str, Any]] = {
        "all": {}, "critical": {"level": AlertSeverity.CRITICAL},
        "high": {"level": AlertSeverity.HIGH},
        "one": {"detections": ("d1",)}, "here": {"environments": ("prod",)},
        "there": {"environments": ("staging",)},
    }  # fmt: skip
    sinks = {name: SINK.model_copy(update=each) for name, each in wanted.items()}
    tell(
        database,
        raised("a", START, detection="d1"),
        raised("b", START, detection="d2"),
        sinks=sinks,
    )
    assert Counter(row.sink for row in rows(database)) == {"all": 2, "high": 2, "here": 2, "one": 1}


def test_what_is_suppressed_is_told_when_it_opens(database: Database) -> None:
    asked = SilenceAsked.model_validate(
        {"fields": {"user": ["ada"]}, "reason": "r", "expires": iso(now_ms() + HOUR)}
    )
    with database.write() as session:
        id_ = service.silence(session, MAKER, asked).id
    tell(database, raised("a", START))
    assert rows(database) == []
    with database.write() as session:
        service.end(session, MAKER, service.find(session, id_))
    tell(database, raised("b", START + 1))
    assert [(row.type, row.finding_then["count"]) for row in rows(database)] == [
        ("finding.opened", 2)
    ]


def test_what_was_closed_is_told_when_it_opens_again(database: Database) -> None:
    tell(database, raised("a", START))
    with asking(database) as client:
        path = f"/findings/{rows(database)[0].finding}"
        tag = client.get(path).headers["etag"]
        client.patch(path, json={"state": "closed"}, headers={"If-Match": tag})
    for n in range(3):
        tell(database, raised(f"b{n}", START + 1 + n))
    assert [row.type for row in rows(database)] == ["finding.opened", "finding.reopened"]


def test_message_and_alert_are_written_together(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_add", fail)
        with pytest.raises(RuntimeError):
            tell(database, raised("a", START))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 0
    tell(database, raised("a", START))
    assert len(rows(database)) == 1


def test_several_servers_share_the_outbox(database: Database, address: str) -> None:
    tell(database, *(raised(f"e{n}", START + n, hours=None) for n in range(24)))
    heard, others = Heard(), [Database(address) for _ in range(3)]

    def work(one: Database) -> None:
        mine = courier(one, heard)
        while mine.turn() == 0:
            pass

    threads = [threading.Thread(target=work, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        one.close()
    assert len({message.id for message in heard.got}) == len(heard.got) == 24


def test_a_server_that_is_killed_while_it_sends(database: Database) -> None:
    tell(database, raised("a", START))
    with database.write() as session:
        held = queue.claim(session, "all")
    heard = Heard()
    assert courier(database, heard).turn() > 0
    assert heard.got == []
    due_now(database)  # the lease has run out
    assert courier(database, heard).turn() == 0
    assert held is not None
    assert [message.id for message in heard.got] == [held.id]
    with database.write() as session:  # the first one was only slow
        queue.failed(session, held, UndeliveredError("late"))
    assert rows(database)[0].state == "sent"


def test_tries_with_longer_and_longer_pauses_and_then_dead(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(database, raised("a", START))
    monkeypatch.setattr(queue, "MOST_TRIES", 3)
    heard = Heard(UndeliveredError("down", wait=50), ValueError("bug"), UndeliveredError("down"))
    notices: list[str] = []
    tried = courier(database, heard, notices)
    assert tried.turn() == 50
    assert 40_000 < rows(database)[0].due - now_ms() <= 50_000
    for reason, state in (("ValueError: bug", "waiting"), ("down", "dead")):
        due_now(database)
        assert tried.turn() >= 1
        [row] = rows(database)
        assert (row.reason, row.state) == (reason, state)
    assert notices == [
        "sink all: a message is tried again later: down",
        "sink all: a message is tried again later: ValueError: bug",
        "sink all: a message was given up: down",
    ]
    due_now(database)
    assert tried.turn() > 0
    assert heard.got == []


def test_pauses_grow_to_a_bound() -> None:
    longest = [max(queue.pause_ms(n) for _ in range(50)) for n in range(1, 13)]
    assert longest == sorted(longest) or longest[-1] <= 6 * HOUR
    assert 2_500 <= queue.pause_ms(1) <= 5_000
    assert len({queue.pause_ms(9) for _ in range(9)}) > 1
    assert queue.pause_ms(10**6) <= 6 * HOUR
    assert sum(longest) < 48 * HOUR


def test_a_message_that_will_never_arrive(database: Database) -> None:
    tell(database, raised("a", START))
    courier(database, Heard(UndeliveredError("gone", final=True))).turn()
    assert [(row.state, row.reason) for row in rows(database)] == [("dead", "gone")]


def test_sinks_and_deliveries_of_the_api(database: Database) -> None:
    tell(database, raised("a", START))
    courier(database, Heard(UndeliveredError("gone", final=True))).turn()
    with asking(database, Role.READER, settings=SETTINGS) as client:
        [sink] = client.get("/sinks").json()
        [dead] = client.get("/deliveries?state=dead&sink=all").json()["items"]
        assert client.get("/deliveries?state=sent").json()["items"] == []
        assert client.post(f"/deliveries/{dead['id']}/resend").status_code == 403
    assert (sink["name"], sink["dead"], sink["sent"], "url" in sink) == ("all", 1, 0, False)
    assert (dead["reason"], dead["due"]) == ("gone", None)
    with asking(database, settings=SETTINGS) as client:
        path = f"/deliveries/{dead['id']}/resend"
        asked: dict[str, Any] = {"url": "http://127.0.0.1", "state": "sent", "tries": -9}
        again = client.post(path, json=asked)
        assert (again.json()["state"], again.json()["tries"]) == ("waiting", 0), again.text
        assert client.post(path).json()["code"] == "waiting"
        assert client.post(f"/deliveries/{'0' * 32}/resend").status_code == 404
        [noted] = client.get("/audit?action=delivery.resent").json()["items"]
    assert (noted["before"]["state"], noted["after"]["state"]) == ("dead", "waiting")
    heard = Heard()
    courier(database, heard).turn()
    assert [message.id for message in heard.got] == [dead["id"]]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_sink_is_made_through_the_api(sqlite_database: Database, method: str) -> None:
    some_findings(sqlite_database, 1)
    with asking(sqlite_database, settings=SETTINGS) as client:
        for path in ("/sinks", "/sinks/all", "/deliveries"):
            asked = {"name": "x", "kind": "webhook", "url": "http://169.254.169.254/"}
            assert client.request(method, path, json=asked).status_code in {404, 405}
