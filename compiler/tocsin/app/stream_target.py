"""The target of an environment of kind `kafka` or `flink`: addresses looked up, fleets found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tocsin.backend.registry import names, streaming
from tocsin.backend.streaming import Fleet, StreamEnvironment
from tocsin.deploy.stream import Released, StreamTarget
from tocsin.errors import ConfigError
from tocsin.model.project import Environment
from tocsin.state.base import StateReader
from tocsin_runtime.control.writer import ControlWriter
from tocsin_runtime.worker.references import resolve


def open_stream(
    project: str, name: str, environment: Environment, ledger: StateReader, folder: Path
) -> StreamTarget:
    """The target. Raises ConfigError for an address that is not there."""
    place = stream_place(project, name, environment)

    def released() -> Released:
        last = ledger.last()
        if last is None:
            return Released()
        return Released(last.entries, ledger.bodies(last, last.entries))

    writer = ControlWriter(place.kafka, project, name)
    return StreamTarget(place, writer, fleets(environment, place), released, folder)


def stream_place(project: str, name: str, environment: Environment) -> StreamEnvironment:
    """The environment with its addresses; those that are not set are empty, but for Kafka's."""

    def address(key: str) -> str:
        given = str(getattr(environment, key))
        return resolve(given, f"`{key}` of environment {name}").reveal() if given else ""

    return StreamEnvironment(
        project=project,
        environment=name,
        kafka=resolve(environment.bootstrap, f"`bootstrap` of environment {name}").reveal(),
        gateway=address("gateway"),
        rest=address("rest"),
        registry=address("registry"),
        storage=address("storage"),
        start=environment.start,
        parallelism=environment.parallelism,
        partitions=environment.partitions,
        canary=environment.canary,
        canary_seconds=environment.canary_seconds,
        healthy_seconds=environment.healthy_seconds,
    )


def fleets(environment: Environment, place: StreamEnvironment) -> Mapping[str, Fleet]:
    """By backend, for those that the environment names and that run there."""
    wanted = {environment.backend, environment.correlations, *environment.backends.values()} - {""}
    found: dict[str, Fleet] = {}
    for name in sorted(wanted):
        backend = streaming(name)
        if backend is None:
            raise ConfigError(
                f"backend {name} does not run in environments of kind {environment.kind}",
                hint=f"{' and '.join(filter(streaming, names()))} do",
            )
        found[name] = backend.fleet(place)
    return found
