"""A worker in environments on Kafka."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin.app.worker import WorkerEnvironment
from tocsin.app.worker_report import report
from tocsin.backend.registry import in_workers
from tocsin.progress import Notify, Progress
from tocsin.secrets import Secret
from tocsin.trust.record_seal import Destination, RecordGuard
from tocsin.trust.trust_file import read_trust
from tocsin_kafka import topics
from tocsin_kafka.kept_number import KeptNumber
from tocsin_kafka.member import KafkaSettings
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.control.reader import Follower
from tocsin_runtime.control.topic import topic_name
from tocsin_runtime.stream.base import Sink
from tocsin_runtime.stream.loop import run
from tocsin_runtime.stream.names import SINKS, found_topic, group_of, late_topic
from tocsin_runtime.worker.health import listening
from tocsin_runtime.worker.kafka import KafkaStream
from tocsin_runtime.worker.plans import Plans
from tocsin_runtime.worker.references import resolve
from tocsin_runtime.worker.reports import Reports
from tocsin_runtime.worker.service import Service

if TYPE_CHECKING:
    from tocsin_runtime.worker.stop import Stop


@dataclass(frozen=True, slots=True)
class Streaming:
    """The options of one worker; `listen` is HOST:PORT, or empty.

    With `trust`, only signed release records count.
    """

    name: str
    listen: str = ""
    until_end: bool = False
    trust: Path | None = None


def run_streaming(
    site: WorkerEnvironment, options: Streaming, stop: Stop, progress: Progress
) -> dict[str, Any]:
    """Work for the project of this name until stopped; returns the report."""
    name, env, environment = site.project, site.name, site.settings
    address = resolve(environment.bootstrap, f"`bootstrap` of environment {env}")
    servers = address.reveal()
    control = topic_name(name, env)
    guard = _guard(options.trust, Destination(name, env), servers) if options.trust else None
    plans = Plans(control, partial(AlertWriter.of, name, env), found_topic(name, env), guard)
    sinks = dict(SINKS)
    if not all(map(in_workers, environment.named)):
        sinks[Sink.LATE] = late_topic(name, env)
    with progress.stage("reading the release from Kafka"):
        there = topics.existing(servers)
        service = Service(options.name, Follower(servers, control), plans, progress.notify)
        topics.create(servers, set(sinks.values()) - there)
    _tell(service, address, there, progress.notify)
    settings = KafkaSettings(
        servers,
        group_of(name, env),
        service.topics,
        options.name,
        options.until_end,
        service.plans.starts,
    )
    with listening(service, options.listen):
        service.start(KafkaStream(settings, sinks), Reports(servers, control, options.name))
        counters = run(service, service, stop)
    now = service.plans.release.deployment
    return report(env, now, counters, counters.matches, service.costs)


def _guard(trust: Path, of: Destination, servers: str) -> RecordGuard:
    """Lets signed records through; the newest is remembered beside the group's offsets."""
    group = f"{group_of(of.project, of.environment)}.records"
    memory = KeptNumber(servers, group, topic_name(of.project, of.environment))
    return RecordGuard(read_trust(trust), of, memory)


def _tell(service: Service, address: Secret, there: frozenset[str], notify: Notify) -> None:
    """What a person should know before the first event."""
    if service.plans.error:
        notify(service.plans.error)
    for missing in sorted(set(service.topics) - there):
        notify(f"topic {missing} does not exist yet")
    notify(f"{service.name} reads {', '.join(service.topics) or 'nothing'} from {address}")
