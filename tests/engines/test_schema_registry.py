"""Schemas of topics in a real registry."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tocsin.deploy.registry import findings, register
from tocsin.deploy.schemas import TOPICS, schema, subject
from tocsin.errors import EngineError
from tocsin_engines import running, status

pytestmark = pytest.mark.engine

MATCHES, ALERTS, DEAD = TOPICS
INSTANCE = f"tests-{os.getpid()}"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A registry of this run."""
    with running(("registry",), name=INSTANCE) as started:
        yield started.addresses["registry"]


@pytest.fixture(autouse=True)
def empty(url: str) -> Iterator[None]:
    """Subjects, and what is said of them, end with the test."""
    yield
    for name in _ask("GET", f"{url}/subjects"):
        for suffix in ("", "?permanent=true"):
            httpx.delete(f"{url}/subjects/{name}{suffix}", trust_env=False)


def _ask(method: str, url: str, body: Any = None) -> Any:
    answer = httpx.request(method, url, json=body, trust_env=False)
    answer.raise_for_status()
    return answer.json()


def _put(url: str, topic: str, text: str) -> None:
    """Somebody's own schema."""
    body = {"schemaType": "JSON", "schema": text}
    _ask("POST", f"{url}/subjects/{subject(topic)}/versions", body)


def _altered(topic: str, **fields: Any) -> str:
    return json.dumps({**schema(topic), **fields})


def _kinds(url: str) -> list[tuple[str, str]]:
    return [(each.kind, each.subject) for each in findings(url, TOPICS)]


def test_an_empty_registry_gets_all_schemas_once(url: str) -> None:
    assert _kinds(url) == [("schema-missing", topic) for topic in TOPICS]
    said = register(url, ["events", *TOPICS])
    assert [topic for topic, line in zip(TOPICS, said, strict=True) if topic in line] == [*TOPICS]
    assert register(url, TOPICS) == []
    assert _kinds(url) == []
    assert sorted(_ask("GET", f"{url}/subjects")) == sorted(map(subject, TOPICS))
    for topic in TOPICS:
        latest = _ask("GET", f"{url}/subjects/{subject(topic)}/versions/latest")
        assert latest["version"] == 1
        assert json.loads(latest["schema"]) == schema(topic)


def test_only_the_topics_that_are_asked_for(url: str) -> None:
    assert len(register(url, [ALERTS])) == 1
    assert register(url, ["payments.audit"]) == []
    assert findings(url, ["payments.audit", ALERTS]) == []
    assert _ask("GET", f"{url}/subjects") == [subject(ALERTS)]


def test_the_same_schema_written_otherwise_is_the_same(url: str) -> None:
    _put(url, DEAD, json.dumps(schema(DEAD), indent=4))
    assert register(url, [DEAD]) == []
    assert findings(url, [DEAD]) == []


def test_an_older_schema_is_followed(url: str) -> None:
    """A registry that looks backward takes a new field: the schemas are closed."""
    older = schema(MATCHES)["properties"]
    del older["group"]
    _put(url, MATCHES, _altered(MATCHES, properties=older))
    _level(url, MATCHES, "BACKWARD")
    assert _kinds(url)[0] == ("schema-altered", MATCHES)
    assert "version 2" in register(url, [MATCHES])[0]
    assert findings(url, [MATCHES]) == []


def _level(url: str, topic: str, level: str) -> None:
    _ask("PUT", f"{url}/config/{subject(topic)}", {"compatibility": level})


def test_an_incompatible_schema_is_refused_before_anything_is_registered(url: str) -> None:
    _put(url, ALERTS, json.dumps({"$schema": schema(ALERTS)["$schema"], "type": "string"}))
    _level(url, ALERTS, "FULL")
    with pytest.raises(EngineError, match=r"tocsin\.alerts does not fit.*TYPE_CHANGED") as caught:
        register(url, TOPICS)
    assert subject(ALERTS) in caught.value.hint
    assert _ask("GET", f"{url}/subjects") == [subject(ALERTS)]
    assert _ask("GET", f"{url}/subjects/{subject(ALERTS)}/versions") == [1]
    assert ("schema-altered", ALERTS) in _kinds(url)


def test_a_later_schema_of_someone_else_is_told(url: str) -> None:
    register(url, [DEAD])
    _put(url, DEAD, _altered(DEAD, description="By hand."))
    assert findings(url, [DEAD])[0].kind == "schema-altered"
    assert "version 2 stays the latest" in register(url, [DEAD])[0]


def test_addresses_where_no_registry_is(url: str) -> None:
    root = url.removesuffix("/apis/ccompat/v7")
    for wrong in (root, root + "/apis/registry/v3", root + "/health"):
        with pytest.raises(EngineError, match=r"refuses|no schema registry"):
            register(wrong, TOPICS)
    assert [engine.health for engine in status(("registry",), name=INSTANCE)] == ["healthy"]


def test_a_registry_that_is_away() -> None:
    with pytest.raises(EngineError, match="no schema registry answers at http://127"):
        register("http://somebody:secret@127.0.0.1:1/api", TOPICS)
    with pytest.raises(EngineError, match="no schema registry answers at http://a"):
        register("http://a..b/", TOPICS)
    for text in ("", "localhost:8081", "ftp://127.0.0.1", "http://a:b@[::zz"):
        with pytest.raises(EngineError, match="not the URL of a schema registry") as caught:
            findings(text, TOPICS)
        assert "a:b" not in caught.value.message


def test_a_password_is_not_shown() -> None:
    with pytest.raises(EngineError) as caught:
        findings("http://somebody:secret@127.0.0.1:1/api", TOPICS)
    assert "secret" not in caught.value.message + caught.value.hint
