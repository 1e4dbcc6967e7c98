"""Detections that change from edition to edition: what is deployed, and what it must find."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_URL, uuid5

from authoring import project
from tocsin.front.project import load_project
from tocsin.ir.query import Resolved
from tocsin.model.artifact import Artifact
from tocsin.release.entry import Entry
from tocsin_flink_sql.backend import FlinkSql

SOURCE = """\
source: audit
title: Audit trail
logsources: [{product: shop, service: audit}]
topic: TOPIC
time: {field: at, lateness: 2s}
id: id
fields: {id: integer, at: timestamp, action: string, user: string, item: string, amount: integer}
"""
RULE = """\
title: {title}
name: {key}
id: {id}
status: test
level: low
logsource: {{product: shop, service: audit}}
detection: {{s: {condition}, condition: s}}
"""
BURST = """\
title: Many hits of one user
name: burst
id: {id}
status: test
level: low
correlation:
  type: {kind}
  rules: [{rules}]
  group-by: [user]
  timespan: {timespan}
{condition}"""
CONDITIONS = {
    "event_count": "  condition: {{gte: {n}}}\n",
    "value_count": "  condition: {{field: item, gte: {n}}}\n",
    "value_sum": "  condition: {{field: amount, gte: {n}0}}\n",
    "value_avg": "  condition: {{field: amount, gte: {n}}}\n",
    "value_percentile": "  condition: {{field: amount, gte: {n}, percentile: 50}}\n",
    "temporal": "",
    "temporal_ordered": "",
}
"""Types of correlations, and their conditions."""
MARK, HIT, HAT, BURSTS = "mark", "hit", "hat", "burst"


@dataclass(frozen=True, slots=True)
class Edition:
    """One state of the project. `actions`: what each rule looks for.

    Besides there is `mark`, which matches every event and whose logic is another in each edition:
    it tells which edition has seen an event. `threshold` 0: no correlation. `isolated`: a key.
    """

    number: int
    actions: Mapping[str, str] = field(default_factory=dict)
    threshold: int = 3
    timespan: str = "4s"
    kind: str = "event_count"
    isolated: str = ""

    def encode(self) -> str:
        """As text, for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Edition:
        """From that text."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Book:
    """An edition, compiled; `queries` by key."""

    entries: tuple[Entry, ...]
    bodies: Mapping[str, bytes]
    queries: Mapping[str, Resolved]

    def body(self, key: str) -> bytes | None:
        """The artifact of a detection."""
        return next((self.bodies[e.artifact] for e in self.entries if e.key == key), None)


def identity(key: str) -> str:
    """The id of a detection."""
    return str(uuid5(NAMESPACE_URL, f"tocsin-{key}"))


@cache
def _compiled(text: str, topic: str) -> Book:
    edition = Edition.decode(text)
    rules = {MARK: f"{{id|gte: -{edition.number}}}", HIT: "{action: hit}", HAT: "{action: a}"}
    rules |= {key: f"{{action: '{action}'}}" for key, action in edition.actions.items()}
    files = {
        f"{key}.yml": RULE.format(title=key, key=key, id=identity(key), condition=condition)
        for key, condition in rules.items()
    }
    if edition.threshold:
        files["burst.yml"] = _burst(edition)
    with TemporaryDirectory() as folder:
        loaded = load_project(
            project(Path(folder), files, SOURCE.replace("TOPIC", topic)),
        )
        assert not [d for d in loaded.diagnostics if d.severity.value == "error"], (
            loaded.diagnostics
        )
        queries = {query.detection.key: query for query in loaded.queries}
    backend = FlinkSql()
    made = {key: backend.deployed(query) for key, query in queries.items()}
    entries = tuple(_entry(queries[key], made[key], edition.isolated) for key in made)
    return Book(entries, {a.digest: a.body for a in made.values()}, queries)


def _burst(edition: Edition) -> str:
    both = edition.kind.startswith("temporal")
    return BURST.format(
        id=identity(BURSTS),
        kind=edition.kind,
        rules="hit, hat" if both else "hit",
        timespan=edition.timespan,
        condition=CONDITIONS[edition.kind].format(n=edition.threshold),
    )


def compiled(edition: Edition, topic: str) -> Book:
    """The entries and artifacts of an edition, over this topic."""
    return _compiled(edition.encode(), topic)


def _entry(query: Resolved, artifact: Artifact, isolated: str) -> Entry:
    return Entry(
        id=query.detection.id,
        key=query.detection.key,
        version=1,
        logic=query.logic,
        artifact=artifact.digest,
        meta=query.meta,
        backend=artifact.backend,
        source=artifact.source,
        path=artifact.path,
        title=query.detection.meta.title,
        sources=artifact.sources,
        group_by=artifact.group_by,
        isolated=query.detection.key == isolated,
    )
