"""A small project with deployed detections, for tests of the worker."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.backend import registry
from tocsin.canonical import digest
from tocsin.compile import compile_query
from tocsin.deploy.local import LocalTarget
from tocsin.front.project import Project, load_project
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.query import Query
from tocsin.model.artifact import Artifact
from tocsin.plan.desired import entry_of
from tocsin.plan.shadow import Placing
from tocsin.plan.steps import Deploy
from tocsin.release.entry import Entry

SETTINGS = """\
[project]
name = "shop"
[environments.here]
kind = "local"
path = ".live/here"
backend = "kafka-filter"
[environments.here.backends]
web = "batch-sql"
[environments.broker]
kind = "kafka"
backend = "kafka-filter"
bootstrap = "env:SHOP_KAFKA"
[environments.cluster]
kind = "flink"
backend = "flink-sql"
"""

AUDIT = """\
source: audit
title: Audit trail
logsources: [{product: shop, service: audit}]
topic: {prefix}audit
time: {field: at}
id: id
fields: {id: string, at: timestamp, action: string, actor: string, amount: integer}
"""

WEB = """\
source: web
title: Web log
logsources: [{product: shop, service: web}]
where: {kind: web}
topic: {prefix}web
time: {field: time, unit: ms}
fields: {kind: string, time: integer, path: string, status: {type: integer, from: http.status}}
"""

RULE = """\
title: {title}
id: {id}
name: {name}
status: test
author: {author}
level: {level}
tags: [attack.t1098.003, attack.persistence]
logsource: {{product: shop, service: {service}}}
detection: {detection}
"""

ROLE, PAID, ERROR = (f"00000000-0000-4000-8000-{n:012}" for n in (1, 2, 3))


@dataclass(frozen=True)
class World:
    """A project in a git repository."""

    root: Path
    project: Project

    def query(self, detection: str) -> Query:
        return next(q for q in self.project.queries if q.detection.id == detection)

    def folder(self, environment: str) -> Path:
        return self.root / self.project.settings.environments[environment].path

    def deploy(
        self, environment: str, modes: Mapping[str, str] | None = None, release: int = 1
    ) -> list[Entry]:
        """Put these detections (all by default), each in its mode, in place as a release."""
        target = LocalTarget(self.folder(environment), environment)
        entries, bodies = self.released(environment, modes)
        for entry in entries:
            target.place(Deploy(entry), bodies[entry.artifact])
        target.activate(release, tuple(entries), tuple(self.project.sources.values()))
        return entries

    def released(
        self, environment: str, modes: Mapping[str, str] | None = None
    ) -> tuple[list[Entry], dict[str, bytes]]:
        """These detections (all by default), each in its mode, as entries and bytes by digest."""
        settings = self.project.settings.environments[environment]
        wanted = modes if modes is not None else dict.fromkeys((ROLE, PAID, ERROR), "live")
        entries, bodies = [], {}
        for detection, mode in wanted.items():
            query = self.query(detection)
            artifact = _compiled(query, settings.backend_of(query.source.name))
            entries.append(entry_of(self.project, query, artifact, Placing(mode), 3))
            bodies[artifact.digest] = artifact.body
        return entries, bodies

    def expected(self, events: Iterable[Mapping[str, Any]], source: str) -> list[tuple[str, int]]:
        """What the evaluator says: detection and number of event."""
        queries = [q for q in self.project.queries if q.source.name == source]
        return sorted(
            (q.detection.id, n)
            for n, event in enumerate(events)
            for q in queries
            if evaluate(q.matches, View(event, q.source.renamed))
        )


def _compiled(query: Query, backend: str) -> Artifact:
    result = compile_query(query, registry.load(backend))
    assert isinstance(result, Artifact), result
    return result


def build_world(root: Path, prefix: str = "shop.") -> World:
    """The project; `prefix` goes before the names of its topics."""
    rules = {
        "role": (ROLE, "audit", "high", "{s: {action: role.grant}, condition: s}"),
        "paid": (
            PAID,
            "audit",
            "low",
            "{s: {amount|gte: 100}, t: {actor: bot*}, condition: s and not t}",
        ),
        "error": (ERROR, "web", "odd", "{s: {status|gte: 500, path|endswith: /pay}, condition: s}"),
    }
    files = {"tocsin.toml": SETTINGS}
    for name, text in (("audit", AUDIT), ("web", WEB)):
        files[f"sources/{name}.yml"] = text.replace("{prefix}", prefix)
    for name, (identity, service, level, detection) in rules.items():
        files[f"rules/{name}.yml"] = RULE.format(
            title=f"The {name} rule",
            id=identity,
            name=name,
            author="Ann Author",
            level="medium" if level == "odd" else level,
            service=service,
            detection=detection,
        )
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    project = load_project(root)
    assert not project.diagnostics, project.diagnostics
    return World(root, project)


AUDIT_EVENTS: tuple[dict[str, Any], ...] = (
    {"id": "a0", "at": "2026-01-01T00:00:00.123Z", "action": "ROLE.grant", "actor": "ann"},
    {"id": "a1", "at": "2026-01-01T00:00:01Z", "action": "pay", "actor": "bot7", "amount": 500},
    {"id": "a2", "at": "2026-01-01T00:00:02Z", "action": "role.grant", "amount": "100"},
    {"id": "a3", "at": "2026-01-01T00:00:03Z", "action": "look", "amount": 99},
)

WEB_EVENTS: tuple[dict[str, Any], ...] = (
    {"kind": "web", "time": 1767225600500, "path": "/pay", "http": {"status": 503}},
    {"kind": "web", "time": 1767225601000, "path": "/pay", "http": {"status": 200}},
    {"kind": "web", "path": "/cart/pay", "http": {"status": "500"}},
)


def lines(*events: Any) -> bytes:
    """JSON lines; bytes are taken as they are."""
    rows = (e if isinstance(e, bytes) else json.dumps(e).encode() for e in events)
    return b"".join(row + b"\n" for row in rows)


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def event_digest(event: Mapping[str, Any]) -> str:
    return f"sha256:{digest(event)}"
