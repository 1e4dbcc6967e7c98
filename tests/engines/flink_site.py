"""A project whose environment runs on a real Flink cluster or by workers, through the commands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from deploying import git
from engines.kafka_io import consume, produce
from modes import Authored, identity
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.client.rest_api import ClusterRest, JobStatus
from tocsin_kafka import topics

SETTINGS = """
[project]
name = "{project}"
[environments.prod]
kind = "{kind}"
backend = "{backend}"
bootstrap = "{kafka}"
gateway = "{gateway}"
rest = "{rest}"
storage = "{storage}"
start = "earliest"
partitions = 1
healthy_seconds = 900
"""
SOURCE = """
source: audit
title: Audit trail
logsources: [{{product: shop, service: audit}}]
topic: {project}.audit
time: {{field: at, lateness: 2s}}
id: id
fields: {{id: string, at: timestamp, action: string, user: string, note: string}}
"""
BURST = """
title: Burst {name}
id: {id}
name: {name}
status: test
level: high
correlation:
  type: event_count
  rules: [{rule}]
  group-by: [user]
  timespan: {span}
  condition: {{gte: {count}}}
"""


@dataclass(frozen=True)
class FlinkSite(Authored):
    """One project; its environment is `prod`."""

    project: str
    endpoints: EngineAddresses

    @property
    def servers(self) -> str:
        """The broker."""
        return self.endpoints.addresses["kafka"]

    @property
    def storage(self) -> Path:
        """Where Flink keeps what it needs."""
        return self.root.parent / "storage"

    def topic(self, what: str) -> str:
        """`control`, `found` or `refused`."""
        return f"tocsin.{what}.{self.project}.prod"

    # --- authoring --------------------------------------------------------------------------------

    def burst(self, name: str, rule: str, count: int, span: str = "10s") -> None:
        """Write a correlation that counts the matches of a rule."""
        text = BURST.format(name=name, id=identity(name), rule=rule, count=count, span=span)
        self.write(name, text)

    # --- what runs --------------------------------------------------------------------------------

    def jobs(self) -> list[JobStatus]:
        """Those that live, by name."""
        with ClusterRest(self.endpoints.addresses["flink_rest"]) as cluster:
            seen = [job for job in cluster.seen() if not job.ended]
        own = [job for job in seen if job.name.startswith(f"tocsin/{self.project}/")]
        return sorted(own, key=lambda job: job.name)

    def pipelines(self) -> list[str]:
        """Of the jobs that live."""
        return [job.name.split("/", 3)[3].partition("@")[0] for job in self.jobs()]

    # --- events -----------------------------------------------------------------------------------

    def feed(self, events: Iterable[dict[str, Any]]) -> None:
        """Write events to the source's topic."""
        produce(self.servers, f"{self.project}.audit", [json.dumps(event) for event in events])

    def written(self, what: str) -> list[dict[str, Any]]:
        """The committed records of a topic of ours."""
        return [json.loads(text) for text in consume(self.servers, self.topic(what))]


@contextmanager
def flink_site(
    endpoints: EngineAddresses, folder: Path, kind: str = "flink", backend: str = "flink-sql"
) -> Iterator[FlinkSite]:
    """A project; its jobs and topics end with it."""
    made = FlinkSite(folder / "project", f"site{uuid4().hex[:8]}", endpoints)
    for name in ("rules", "sources"):
        (made.root / name).mkdir(parents=True)
    made.storage.mkdir()
    settings = SETTINGS.format(
        kind=kind,
        backend=backend,
        project=made.project,
        kafka=made.servers,
        gateway=endpoints.addresses["flink_gateway"],
        rest=endpoints.addresses["flink_rest"],
        storage=made.storage,
    )
    (made.root / "tocsin.toml").write_text(settings)
    (made.root / "sources" / "audit.yml").write_text(SOURCE.format(project=made.project))
    git(made.root, "init", "-q", "-b", "main")
    git(made.root, "config", "user.name", "Mira K")
    git(made.root, "config", "user.email", "mira@example.org")
    try:
        yield made
    finally:
        with ClusterRest(endpoints.addresses["flink_rest"]) as cluster:
            for job in made.jobs():
                cluster.cancel(job.id)
        own = [made.topic(what) for what in ("control", "found", "refused", "late")]
        topics.delete(made.servers, [*own, f"{made.project}.audit"])
        shutil.rmtree(made.storage, ignore_errors=True)
