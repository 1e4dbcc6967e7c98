"""How long the API takes to answer, with many event streams open."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any

import httpx
from sqlalchemy import select

from asking import MAKER
from patience import SECONDS
from tocsin_server.alerts.models import Alert, AlertFinding
from tocsin_server.app import PREFIX
from tocsin_server.auth.role import Role
from tocsin_server.auth.tokens import create
from tocsin_server.database import Database

CALLERS, STREAMS = 2, 200
LISTS = (
    *("/findings", "/findings?state=open", "/findings?state=closed&state=suppressed"),
    *("/findings?severity=critical", "/findings?severity=high&severity=critical&state=open"),
    *("/findings?environment=test", "/findings?title=new+country", "/findings?title=%2899%29"),
    *("/findings?title=nothing", "/findings?disposition=false_positive", "/findings?assignee=ada"),
    *("/findings?disposition=false_positive&disposition=benign", "/findings?limit=500"),
    *("/alerts", "/alerts?title=%2842%29", "/alerts?severity=low", "/alerts?environment=test"),
    *("/detections", "/detections?days=7&environment=test", "/audit", "/suppressions"),
    *("/unreadable", "/health"),
)
Timed = dict[str, list[float]]


def times(database: Database, address: str, number: int) -> tuple[Timed, int]:
    """Seconds of answers by route, so many in all; and how many streams were open meanwhile."""
    tokens = _tokens(database, 2 * CALLERS + STREAMS // 100)
    findings, alerts = _some(database, AlertFinding.id), _some(database, Alert.id)
    with _followers(address, tokens) as streams, ThreadPoolExecutor(CALLERS) as pool:
        each = number // CALLERS
        runs = [
            pool.submit(_ask, address, tokens, Random(n), each, (findings, alerts))
            for n in range(CALLERS)
        ]
        found: Timed = defaultdict(list)
        for run in runs:
            for name, seconds in run.result():
                found[name].append(seconds)
        return found, streams


def figures(found: Timed) -> dict[str, Any]:
    """Median and 99th percentile in milliseconds, of all and of each route."""
    every = [seconds for some in found.values() for seconds in some]
    return {name: _figure(some) for name, some in {"all": every, **found}.items()}


def _figure(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "asked": len(ordered),
        "p50": round(1000 * ordered[len(ordered) // 2], 1),
        "p99": round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 1),
    }


def _ask(
    address: str, tokens: Sequence[str], random: Random, number: int, ids: tuple[Any, Any]
) -> list[tuple[str, float]]:
    found = []
    with httpx.Client(base_url=address + PREFIX, timeout=SECONDS) as client:
        calls = _calls(client, random, *ids)
        for n in range(number + len(calls)):
            client.headers["Authorization"] = f"Bearer {random.choice(tokens)}"
            name = list(calls)[n % len(calls)]
            answer = calls[name]()
            if n >= len(calls):  # the first round warms caches and checks tokens
                found.append((name, answer.elapsed.total_seconds()))
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                time.sleep(float(answer.headers["retry-after"]))
            elif answer.is_error and answer.status_code != httpx.codes.PRECONDITION_FAILED:
                raise RuntimeError(f"{name}: {answer.status_code} {answer.text}")
    return found


def _calls(
    client: httpx.Client, random: Random, findings: Sequence[str], alerts: Sequence[str]
) -> dict[str, Callable[[], httpx.Response]]:
    def deeper() -> httpx.Response:
        cursor = client.get("/findings?limit=500").json()["next"]
        return client.get("/findings", params={"limit": 500, "cursor": cursor})

    def triage() -> httpx.Response:
        path = f"/findings/{random.choice(findings)}"
        tag = client.get(path).headers["etag"]
        said = {"disposition": random.choice(["benign", "false_positive"]), "assignee": "ada"}
        return client.patch(path, json=said, headers={"If-Match": tag})

    def one() -> str:
        return random.choice(findings)

    def some() -> str:
        return random.choice(alerts)

    lists = {path: partial(client.get, path) for path in LISTS}
    return {
        **lists,
        "/findings?limit=500&cursor=NEXT": deeper,
        "/findings/ID": lambda: client.get(f"/findings/{one()}"),
        "/findings/ID, changed": triage,
        "/findings/ID/comments": lambda: client.get(f"/findings/{one()}/comments"),
        "/alerts?finding=ID": lambda: client.get("/alerts", params={"finding": one()}),
        "/alerts/ID/body": lambda: client.get(f"/alerts/{some()}/body"),
    }


@contextmanager
def _followers(address: str, tokens: Sequence[str]) -> Iterator[int]:
    """Many event streams, which nobody reads for as long as the block takes."""
    limits = httpx.Limits(max_connections=STREAMS)
    with httpx.Client(base_url=address + PREFIX, timeout=SECONDS, limits=limits) as client:
        opened = []
        try:
            for n in range(STREAMS):
                headers = {"Authorization": f"Bearer {tokens[n % len(tokens)]}"}
                asked = client.build_request("GET", "/events", headers=headers)
                opened.append(client.send(asked, stream=True))
            yield sum(each.status_code == httpx.codes.OK for each in opened)
        finally:
            for each in opened:
                each.close()


def _tokens(database: Database, number: int) -> list[str]:
    with database.write() as session:
        return [create(session, MAKER, f"load {n}", Role.ADMIN, None)[1] for n in range(number)]


def _some(database: Database, column: Any) -> Sequence[str]:
    with database.read() as session:
        return session.scalars(select(column).order_by(column).limit(2000)).all()
