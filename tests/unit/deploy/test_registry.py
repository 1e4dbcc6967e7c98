"""What is made of a schema registry's answers; what real ones answer: tests/engines."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tocsin.deploy.registry import findings, register
from tocsin.deploy.schemas import TOPICS, schema
from tocsin.errors import EngineError

ALERTS = "tocsin.alerts"
SUBJECT = "tocsin.alerts-value"
LATEST, CHECK, REGISTER = (
    f"GET /api/subjects/{SUBJECT}/versions/latest",
    f"POST /api/compatibility/subjects/{SUBJECT}/versions/latest?verbose=true",
    f"POST /api/subjects/{SUBJECT}/versions",
)
Answer = tuple[int, Any]
NONE: Answer = (404, {"error_code": 40401, "message": "Subject not found."})


@dataclass
class Answering:
    """What is answered to each question, the last answer for good; what was asked."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(lambda: [NONE]))
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    rights: set[str] = field(default_factory=set)

    def to(self, question: str, *answers: Answer) -> None:
        self.answers[question] = list(answers)

    def answer(self, question: str, body: bytes) -> Answer:
        self.asked.append(question)
        self.bodies += [json.loads(body)] if body else []
        left = self.answers[question]
        return left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[Answering]]]:
    """An address, and there who answers."""
    there: list[Answering] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            there[-1].rights.add(self.headers.get("Authorization", ""))
            status, told = there[-1].answer(f"{self.command} {self.path}", body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(told.encode() if isinstance(told, str) else json.dumps(told).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{serving.server_port}/api", there
        serving.shutdown()
        thread.join()


@pytest.fixture
def registry(server: tuple[str, list[Answering]]) -> Answering:
    address, there = server
    there.append(Answering(f"http://{address}"))
    return there[-1]


def latest(version: int, text: str = "") -> Answer:
    """Our schema or another one."""
    return 200, {"version": version, "schema": text or json.dumps(schema(ALERTS), indent=2)}


def test_a_schema_is_checked_and_registered(registry: Answering) -> None:
    registry.to(LATEST, NONE, latest(1))
    registry.to(REGISTER, (200, {"id": 7}))
    said = register(registry.url, ["events", ALERTS])
    assert said == [f"schema of {ALERTS} registered: version 1 of {SUBJECT}"]
    assert registry.asked == [LATEST, CHECK, REGISTER, LATEST]
    for body in registry.bodies:
        assert body["schemaType"] == "JSON"
        assert json.loads(body["schema"]) == schema(ALERTS)


def test_what_is_in_place_is_asked_for_and_left(registry: Answering) -> None:
    registry.to(LATEST, latest(3))
    assert register(registry.url + "/", [ALERTS]) == []
    assert findings(registry.url, [ALERTS]) == []
    assert registry.asked == [LATEST, LATEST]


@pytest.mark.parametrize(
    ("answer", "kind", "detail"),
    [
        (NONE, "schema-missing", f"no subject {SUBJECT}"),
        (latest(4, "{}"), "schema-altered", f"version 4 of {SUBJECT} is not the one"),
        (latest(4, "no JSON"), "schema-altered", f"version 4 of {SUBJECT} is not the one"),
        (latest(4, "[" * 100_000), "schema-altered", f"version 4 of {SUBJECT} is not the one"),
    ],
)
def test_what_is_found(registry: Answering, answer: Answer, kind: str, detail: str) -> None:
    registry.to(LATEST, answer)
    [found] = findings(registry.url, ["events", ALERTS])
    assert (found.kind, found.subject) == (kind, ALERTS)
    assert found.detail.startswith(detail)


def test_nothing_is_registered_where_one_does_not_fit(registry: Answering) -> None:
    registry.to(CHECK, (200, {"is_compatible": False, "messages": ["a was added", "b went"]}))
    told = f"schema of {ALERTS} does not fit the one that is registered: a was added; b went"
    with pytest.raises(EngineError, match=told) as caught:
        register(registry.url, TOPICS)
    assert SUBJECT in caught.value.hint
    assert not [each for each in registry.asked if each.endswith("/versions")]


def test_a_registry_that_tells_no_reason_is_asked_for_one(registry: Answering) -> None:
    registry.to(CHECK, (200, {"is_compatible": False}))
    registry.to(REGISTER, (409, {"error_code": 409, "message": "it would break readers"}))
    with pytest.raises(EngineError, match="registered: it would break readers"):
        register(registry.url, TOPICS)
    assert [each for each in registry.asked if each.endswith("/versions")] == [REGISTER]


@pytest.mark.parametrize(("after", "said"), [(latest(5, "{}"), "5"), (NONE, "another")])
def test_a_schema_that_was_registered_before_is_not_the_latest(
    registry: Answering, after: Answer, said: str
) -> None:
    registry.to(LATEST, latest(5, "{}"), after)
    registry.to(CHECK, (200, {"is_compatible": True}))
    registry.to(REGISTER, (200, {"id": 7}))
    told = f"schema of {ALERTS} was registered before; version {said} stays the latest"
    assert register(registry.url, [ALERTS]) == [told]


def test_where_nothing_can_be_registered_that_is_told(registry: Answering) -> None:
    with pytest.raises(EngineError, match=f"refuses {ALERTS}: there is no such API"):
        register(registry.url, [ALERTS])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((404, "no such page"), f"refuses {ALERTS}: HTTP 404"),
        ((401, {"error_code": 401, "message": "who are you?"}), f"refuses {ALERTS}: who are you?"),
        ((307, ""), f"refuses {ALERTS}: HTTP 307"),
        ((200, "<html>"), f"refuses {ALERTS}: no JSON"),
        ((200, ["a"]), f"refuses {ALERTS}: no JSON"),
        ((200, {"id": 1}), "is not a schema registry"),
        ((200, {"version": 1, "schema": {}}), "is not a schema registry"),
        ((200, {"version": None, "schema": "{}"}), "is not a schema registry"),
    ],
)
def test_other_answers_are_told(registry: Answering, answer: Answer, told: str) -> None:
    registry.to(LATEST, answer)
    for ask in (register, findings):
        with pytest.raises(EngineError) as caught:
            ask(registry.url, [ALERTS])
        assert told in caught.value.message


def test_user_and_password_are_sent_and_not_shown(registry: Answering) -> None:
    registry.to(LATEST, (500, {"message": "down"}))
    url = registry.url.replace("http://", "http://ann:secret@")
    with pytest.raises(EngineError) as caught:
        register(url, [ALERTS])
    assert f"at {registry.url} refuses" in caught.value.message
    assert registry.rights == {"Basic YW5uOnNlY3JldA=="}
