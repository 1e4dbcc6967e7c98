"""The client of the API: its values are those of the OpenAPI document, on a real server."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from asking import START, keep, served, some_findings, token
from raised_alerts import raised
from tocsin.errors import ConfigError, EngineError
from tocsin_client import ApiError, ChangedMeanwhileError, Client, FindingEvent, filters, models
from tocsin_client import client as module
from tocsin_client.connection import PREFIX
from tocsin_client.events import follow
from tocsin_server.app import application
from tocsin_server.auth.role import Role
from tocsin_server.database import Database

SHOWN = {
    "FindingView": "FindingShown",
    "AlertView": "AlertShown",
    "UnreadableView": "UnreadableShown",
    "CommentView": "CommentShown",
    "NoiseView": "DetectionShown",
    "SuppressionView": "SuppressionShown",
    "ChangeView": "ChangeShown",
    "SinkView": "SinkShown",
    "DeliveryView": "DeliveryShown",
    "IntakeView": "IntakeHealth",
    "HealthView": "ServerHealth",
}
LISTED = {
    "/findings": filters.FindingFilter,
    "/alerts": filters.AlertFilter,
    "/suppressions": filters.SuppressionFilter,
    "/audit": filters.ChangeFilter,
    "/deliveries": filters.DeliveryFilter,
}
METHODS = {
    "get /health": Client.health,
    "get /findings": Client.findings,
    "get /findings/{id}": Client.finding,
    "patch /findings/{id}": Client.change,
    "get /findings/{id}/comments": Client.comments,
    "get /events": Client.follow,
    "get /alerts": Client.alerts,
    "get /alerts/{id}": Client.alert,
    "get /alerts/{id}/body": Client.body,
    "get /unreadable": Client.unreadable,
    "get /unreadable/{id}/body": Client.unreadable_body,
    "get /detections": Client.noise,
    "get /suppressions": Client.suppressions,
    "get /suppressions/{id}": Client.suppression,
    "post /suppressions/silences": Client.silence,
    "post /suppressions/exceptions": Client.make_exception,
    "post /suppressions/{id}/end": Client.end_suppression,
    "get /audit": Client.changes,
    "get /sinks": Client.sinks,
    "get /deliveries": Client.deliveries,
    "post /deliveries/{id}/resend": Client.resend,
}
PAGED = {"cursor", "limit"}
Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Document:
    database = Database("sqlite://")
    made = application(database).openapi()
    database.close()
    return made


def form(told: Any, schemas: Document) -> Any:
    """A schema without its words; for us a time is more than a text."""
    if isinstance(told, list):
        return [form(each, schemas) for each in told]
    if not isinstance(told, dict):
        return told
    if "$ref" in told:
        return form(schemas[told["$ref"].rpartition("/")[2]], schemas)
    words = ("title", "description", "format", "$defs")
    kept = {name: form(each, schemas) for name, each in told.items() if name not in words}
    if kept.get("additionalProperties") is True:
        del kept["additionalProperties"]
    return kept


@pytest.mark.parametrize("name", SHOWN)
def test_a_value_is_that_of_the_document(name: str, document: Document) -> None:
    ours = getattr(models, name).model_json_schema()
    ours["properties"].pop("etag", None)
    schemas = document["components"]["schemas"]
    assert form(ours, ours.get("$defs", {})) == form(schemas[SHOWN[name]], schemas)


def operations(document: Document) -> dict[str, Any]:
    return {
        f"{method} {path.removeprefix(PREFIX)}": told
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    }


def test_there_is_a_method_for_each_operation(document: Document) -> None:
    assert set(operations(document)) == set(METHODS)


@pytest.mark.parametrize("path", LISTED)
def test_filters_are_those_of_the_document(path: str, document: Document) -> None:
    told = operations(document)[f"get {path}"]["parameters"]
    names = {each["name"] for each in told if each["in"] == "query"}
    assert set(LISTED[path].__annotations__) == names - PAGED


@pytest.mark.parametrize(
    "name",
    [
        "patch /findings/{id}",
        "post /suppressions/silences",
        "post /suppressions/exceptions",
        "get /detections",
    ],
)
def test_what_is_asked_is_what_the_document_takes(name: str, document: Document) -> None:
    told, schemas = operations(document)[name], document["components"]["schemas"]
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    takes = set(form(body.get("schema", {}), schemas).get("properties", {}))
    takes |= {each["name"] for each in told.get("parameters", []) if each["in"] == "query"}
    assert set(inspect.signature(METHODS[name]).parameters) - {"self", "finding"} == takes


@pytest.fixture
def client(sqlite_database: Database) -> Iterator[Client]:
    with served(sqlite_database) as address, Client(address, token(sqlite_database)) as found:
        yield found


def test_what_is_read(
    sqlite_database: Database, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAGE", 2)
    some_findings(sqlite_database, 5)
    every = list(client.findings())
    assert [each.title for each in every] == [f"Payout {n}" for n in (4, 3, 2, 1, 0)]
    assert every[-1].first == datetime.fromtimestamp(START / 1000, UTC)
    some = client.findings(title="payout 3", severity=["high", "low"], state=["open"])
    assert [each.id for each in some] == [every[1].id]
    assert list(client.findings(before=every[-1].first)) == []
    [alert] = client.alerts(finding=every[0].id)
    assert client.alert(alert.id) == alert
    assert f'"id":"{alert.id}"'.encode() in client.body(alert.id)
    assert client.health().status == "ok"
    assert client.noise(days=365, environment="nowhere") == []


def test_what_is_changed(sqlite_database: Database, client: Client) -> None:
    keep(sqlite_database, [raised("a", START)])
    [listed] = client.findings()
    changed = client.change(client.finding(listed.id), disposition="benign", comment="ours")
    assert (changed.disposition, changed.revision) == ("benign", 2)
    assert client.change(changed, state="closed").state == "closed"
    for stale in (listed, changed):
        with pytest.raises(ChangedMeanwhileError, match="read it again"):
            client.change(stale, assignee="ada")
    assert [said.text for said in client.comments(listed.id)] == ["ours"]
    assert len(list(client.changes(action="finding.changed"))) == 2


def test_silences(client: Client) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    made = client.silence("a test", soon, fields={"user": ["ada"]})
    assert client.suppression(made.id) == made
    assert [each.id for each in client.suppressions(kind="silence", active=True)] == [made.id]
    assert client.end_suppression(made.id).ended
    with pytest.raises(ApiError) as refused:
        client.make_exception(
            "x", {"s": {}}, reason="", owner="o", ticket="t", expires=soon, environment="e"
        )
    assert (refused.value.status, refused.value.problem) == (422, "invalid")
    assert "body.reason" in refused.value.wrong


def test_events_go_on_where_a_stream_ended(sqlite_database: Database, client: Client) -> None:
    keep(sqlite_database, [raised("a", START)])
    [finding] = client.findings()
    events = follow(client._connection, f"1-{finding.id}", pause=lambda _: None)
    first = next(events)
    assert first.finding == finding
    seen: list[FindingEvent] = []
    keep(sqlite_database, [raised("b", START + 1)])
    for each in events:  # a stream ends after 0.3 s: the second comes by another one
        seen.append(each)
        if each.finding and each.finding.revision == 2:
            break
    assert all(each.finding and each.finding.id == finding.id for each in seen)


def answering(status: int, text: str, **headers: str) -> Client:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text=text, headers=headers)

    return Client("http://tocsin.test", "t", transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        (401, '{"code": "token", "detail": "no"}', "401 token: no"),
        (502, "<html>", "502 unknown: Bad Gateway"),
        (302, "", "302 unknown"),
        (500, '["x"]', "500 unknown"),
        (200, "<html>", "sends no JSON"),
        (200, '{"items": [{"id": 1}], "next": null}', "what answers is not the API: id"),
        (200, '{"status": "ok"}', "what answers is not the API: "),
    ],
)
def test_answers_that_are_none(status: int, text: str, said: str) -> None:
    with answering(status, text) as client, pytest.raises(EngineError, match=said):
        list(client.findings())


def test_a_server_that_is_busy_is_asked_again() -> None:
    waited: list[float] = []
    busy = answering(429, "{}", **{"Retry-After": "7"})

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next(follow(busy._connection, "", pause))
    assert waited == [7.0] * 3
    with pytest.raises(ApiError, match="403"):
        next(answering(403, "{}").follow())


@pytest.mark.parametrize(
    "address", ["", "tocsin", "ftp://x", "http://", "http://a:b@x", "http://["]
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ConfigError, match="not the address of a server"):
        Client(address, "t")


def test_a_server_that_is_away(sqlite_database: Database) -> None:
    with served(sqlite_database) as address:
        reader = Client(f"{address}{PREFIX}/", token(sqlite_database, Role.READER))
        with pytest.raises(ApiError, match="403 role"):
            list(reader.changes())
    with pytest.raises(EngineError, match="the server at http://127"):
        reader.health()
