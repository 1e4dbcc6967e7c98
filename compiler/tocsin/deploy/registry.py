"""Schemas of Tocsin's topics in a schema registry with Confluent's API.

Apicurio (`/apis/ccompat/v7`), Karapace and Redpanda speak it as well. The registry judges whether a
schema may follow another: its level of compatibility is its owner's to set.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from tocsin.canonical import canonical_bytes
from tocsin.deploy.schemas import TOPICS, schema, subject
from tocsin.errors import EngineError
from tocsin.release.finding import Finding

_SECONDS = 15
_TYPE = "application/vnd.schemaregistry.v1+json"
_CONFLICT = 409

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Latest:
    """The newest schema of a subject; `text` is as it was registered."""

    version: int
    text: str

    def is_ours(self, topic: str) -> bool:
        """Whether it equals the topic's schema, however it is formatted."""
        try:
            return canonical_bytes(json.loads(self.text)) == canonical_bytes(schema(topic))
        except (ValueError, RecursionError):
            return False


def register(url: str, topics: Iterable[str]) -> list[str]:
    """Register the schemas of these topics; says what was done, nothing where all is in place.

    Topics without a schema of ours are left out. All are checked before any is registered.

    Raises:
        EngineError: the registry is away or refuses, or a schema may not follow the one that is
            registered for its topic.
    """
    with _opened(url) as registry:
        wanted = [topic for topic in _ours(topics) if not _in_place(registry, topic)]
        for topic in wanted:
            registry.check(topic)
        return [registry.register(topic) for topic in wanted]


def findings(url: str, topics: Iterable[str]) -> list[Finding]:
    """Where the registry holds other schemas of these topics than ours. Raises EngineError."""
    with _opened(url) as registry:
        found = [_finding(topic, registry.latest(topic)) for topic in _ours(topics)]
    return [each for each in found if each]


def _ours(topics: Iterable[str]) -> list[str]:
    given = set(topics)
    return [topic for topic in TOPICS if topic in given]


def _in_place(registry: _Registry, topic: str) -> bool:
    latest = registry.latest(topic)
    return latest is not None and latest.is_ours(topic)


def _finding(topic: str, latest: _Latest | None) -> Finding | None:
    if latest is None:
        return Finding("schema-missing", topic, f"no subject {subject(topic)}", "registered again")
    if latest.is_ours(topic):
        return None
    return Finding(
        "schema-altered",
        topic,
        f"version {latest.version} of {subject(topic)} is not the one of this version of Tocsin",
        "apply registers it again; if it was registered before, delete the later versions by hand",
    )


class _Registry:
    """One registry; `client` has its URL as base."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client = client
        self._url = url

    def latest(self, topic: str) -> _Latest | None:
        """The newest schema registered for a topic; None if there is none."""
        answer = self._ask("GET", f"subjects/{subject(topic)}/versions/latest", topic)
        if answer is None:
            return None
        return _Latest(self._field(answer, "version", int), self._field(answer, "schema", str))

    def check(self, topic: str) -> None:
        """Raises EngineError if the topic's schema may not follow the newest."""
        path = f"compatibility/subjects/{subject(topic)}/versions/latest?verbose=true"
        answer = self._ask("POST", path, topic, _body(topic))
        if answer is None or self._field(answer, "is_compatible", bool):
            return
        if answer.get("messages"):
            raise _incompatible(topic, "; ".join(map(str, answer["messages"])))
        # Apicurio tells the reason only to who tries; it refuses what it has just judged.
        self.register(topic)

    def register(self, topic: str) -> str:
        """Register the topic's schema; says so."""
        answer = self._ask("POST", f"subjects/{subject(topic)}/versions", topic, _body(topic))
        if answer is None:
            raise self._refused(topic, "there is no such API")
        latest = self.latest(topic)
        if latest and latest.is_ours(topic):
            return f"schema of {topic} registered: version {latest.version} of {subject(topic)}"
        version = latest.version if latest else "another"
        return f"schema of {topic} was registered before; version {version} stays the latest"

    def _ask(
        self, method: str, path: str, topic: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """The answer; None if there is no such subject. Raises EngineError."""
        try:
            answer = self._client.request(method, path, json=body)
        except (httpx.HTTPError, UnicodeError) as error:  # the latter: a host that is no name
            raise EngineError(
                f"no schema registry answers at {self._url}: {error or 'no reason given'}",
                hint="check `registry` of the environment in tocsin.toml, and that it runs",
            ) from None
        told = _told(answer)
        # A page that is not there has no error code: then the URL is wrong, not the subject.
        if answer.status_code == httpx.codes.NOT_FOUND and "error_code" in told:
            return None
        if answer.status_code == _CONFLICT:
            raise _incompatible(topic, str(told.get("message", "")))
        if not answer.is_success or not told:
            strange = "no JSON" if answer.is_success else f"HTTP {answer.status_code}"
            raise self._refused(topic, str(told.get("message") or strange))
        return told

    def _field(self, answer: dict[str, Any], name: str, kind: type[T]) -> T:
        found = answer.get(name)
        if not isinstance(found, kind):
            raise EngineError(f"what answers at {self._url} is not a schema registry")
        return found

    def _refused(self, topic: str, reason: str) -> EngineError:
        return EngineError(
            f"the schema registry at {self._url} refuses {topic}: {reason}",
            hint="the URL includes the API's path: http://HOST:8081, Apicurio's /apis/ccompat/v7",
        )


def _incompatible(topic: str, reason: str) -> EngineError:
    return EngineError(
        f"the schema of {topic} does not fit the one that is registered: {reason}",
        hint=f"see `compatibility` of subject {subject(topic)} in the registry",
    )


@contextmanager
def _opened(url: str) -> Iterator[_Registry]:
    try:
        base = httpx.URL(url.rstrip("/") + "/")
    except httpx.InvalidURL as error:
        raise _no_url(url, str(error)) from None
    if base.scheme not in ("http", "https") or not base.host:
        raise _no_url(url, "it must begin with http:// or https://")
    # User and password in the URL are sent, and never shown.
    shown = str(base.copy_with(userinfo=b"")).rstrip("/")
    headers = {"Content-Type": _TYPE, "Accept": f"{_TYPE}, application/json"}
    with httpx.Client(base_url=base, timeout=_SECONDS, trust_env=False, headers=headers) as client:
        yield _Registry(client, shown)


def _no_url(url: str, reason: str) -> EngineError:
    shown = "" if "@" in url else f" {url!r}"
    return EngineError(
        f"not the URL of a schema registry:{shown} {reason}",
        hint="see `registry` of the environment in tocsin.toml",
    )


def _body(topic: str) -> dict[str, Any]:
    return {"schemaType": "JSON", "schema": canonical_bytes(schema(topic)).decode()}


def _told(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
