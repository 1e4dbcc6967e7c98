"""The target of an environment that runs continuously, with resolved addresses and its fleets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from tocsin.backend.registry import kinds, load, names, streaming
from tocsin.backend.streaming import EnvironmentBackend, Fleet, StreamEnvironment
from tocsin.deploy.publisher import SignRecord
from tocsin.deploy.stream import NoWorkers, Parts, Released, StreamTarget
from tocsin.errors import ConfigError
from tocsin.model.project import Environment
from tocsin.progress import SILENT, Progress
from tocsin.secrets import is_reference
from tocsin.state.base import StateReader
from tocsin_runtime.control.store import ControlTopic
from tocsin_runtime.observe.workers import Workers
from tocsin_runtime.worker.references import resolve


def open_stream(  # noqa: PLR0913 - all that makes an environment
    project: str,
    name: str,
    environment: Environment,
    ledger: StateReader,
    folder: Path,
    *,
    progress: Progress = SILENT,
    sign: SignRecord | None = None,
) -> StreamTarget:
    """The target. Raises ConfigError for a missing address."""

    def released() -> Released:
        last = ledger.last()
        if last is None:
            return Released()
        return Released(last.entries, ledger.bodies(last, last.entries))

    if environment.on_kafka:
        place = stream_environment(project, name, environment)
        store = ControlTopic(place.kafka, project, name)
        parts = Parts(store, fleets(environment, place), Workers(place), sign)
    else:
        place = _own_environment(project, name, environment)
        records = kinds()[environment.kind].records(place)
        parts = Parts(records, fleets(environment, place), NoWorkers(), sign)
    return StreamTarget(place, parts, released, folder, progress)


def stream_environment(project: str, name: str, environment: Environment) -> StreamEnvironment:
    """The environment with its addresses. Those that are not set are empty; Kafka's must be set."""

    def address(key: str, given: str) -> str:
        return resolve(given, f"`{key}` of environment {name}").reveal() if given else ""

    return StreamEnvironment(
        project=project,
        environment=name,
        kafka=resolve(environment.bootstrap, f"`bootstrap` of environment {name}").reveal(),
        gateway=address("gateway", environment.gateway),
        rest=address("rest", environment.rest),
        registry=address("registry", environment.registry),
        storage=address("storage", environment.storage),
        start=environment.start,
        parallelism=environment.parallelism,
        partitions=environment.partitions,
        canary=environment.canary,
        canary_seconds=environment.canary_seconds,
        healthy_seconds=environment.healthy_seconds,
    )


def _own_environment(project: str, name: str, environment: Environment) -> StreamEnvironment:
    """An environment of a backend's own kind. Raises ConfigError for settings it does not take."""
    given = {
        key: resolve(value, f"`settings.{key}` of environment {name}").reveal()
        if isinstance(value, str) and is_reference(value)
        else value
        for key, value in environment.settings.items()
    }
    try:
        settings = kinds()[environment.kind].settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, ("settings", *first["loc"])))
        raise ConfigError(
            f"{where} of environment {name}: {first['msg']}", hint="see tocsin.toml"
        ) from None
    return StreamEnvironment(project=project, environment=name, kafka="", settings=settings)


def fleets(environment: Environment, place: StreamEnvironment) -> Mapping[str, Fleet]:
    """By backend, for those that the environment names and that run there."""
    found: dict[str, Fleet] = {}
    for name in sorted(environment.named):
        backend = streaming(name)
        if backend is None or not _runs(name, environment):
            there = [n for n in names() if streaming(n) and _runs(n, environment)]
            raise ConfigError(
                f"backend {name} does not run in environments of kind {environment.kind}",
                hint=f"{' and '.join(there)} do",
            )
        found[name] = backend.fleet(place)
    return found


def _runs(name: str, environment: Environment) -> bool:
    """Whether a stream backend runs in environments of this kind."""
    backend = load(name)
    own = backend.kind if isinstance(backend, EnvironmentBackend) else ""
    return own == environment.kind or (environment.on_kafka and not own)
