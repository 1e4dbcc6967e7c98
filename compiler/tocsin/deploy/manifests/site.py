"""The input of the manifests: an environment, and what only its cluster knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from tocsin.backend.registry import load
from tocsin.deploy.manifests import names
from tocsin.errors import ConfigError
from tocsin.model.project import Environment
from tocsin.secrets import FOLDER

# The operator takes 45 characters for a FlinkDeployment, Kubernetes 52 for a StatefulSet, whose
# pods bear a number and a hash as well.
_LONGEST_FLINK = 45 - len("-flink")
_LONGEST_WORKER = 52 - len("-worker")
_FLINK = "flink"
"""The engine that backends need."""


@dataclass(frozen=True, slots=True)
class SecretSetting:
    """A setting that is kept in a Secret: as a variable `name`, or as the file `path`."""

    setting: str
    name: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the project's settings do not say.

    `name` begins all names, `secret` is the name of a Secret; empty, they follow from project and
    environment. `project_at` and `program` are where project and command lie, in the image and on
    hosts, as `trust`, the trust file that the settings do not name; `monitoring` is the namespace
    that reads figures.
    """

    image: str
    flink_image: str = ""
    name: str = ""
    secret: str = ""
    storage_size: str = "20Gi"
    replicas: int = 2
    project_at: str = "/srv/detections"
    program: str = "/opt/tocsin/bin/tocsin"
    trust: str = ""
    monitoring: str = "monitoring"
    kafka_ports: tuple[int, ...] = (9092,)


@dataclass(frozen=True, slots=True)
class ManifestValues:
    """All that the manifests say.

    `secrets` are those that a worker reads; `storage` is an absolute folder, empty without Flink.
    `trust`: where workers find whose keys count; empty, they run any record, `signed` or not.
    """

    project: str
    environment: str
    name: str
    secret: str
    secrets: tuple[SecretSetting, ...]
    storage: str
    choices: Choices
    trust: str = ""
    signed: bool = False

    @property
    def variables(self) -> list[SecretSetting]:
        """Secrets that are environment variables."""
        return [secret for secret in self.secrets if not secret.path]

    @property
    def files(self) -> list[SecretSetting]:
        """Secrets that are files."""
        return [secret for secret in self.secrets if secret.path]


def deployment(
    project: str, env: str, environment: Environment, choices: Choices, trust: str = ""
) -> ManifestValues:
    """The deployment of an environment. Raises ConfigError for what no cluster would take.

    `trust`: the trust file that the project's policy names.
    """
    if not environment.on_kafka:
        raise ConfigError(
            f"environment {env} is of kind {environment.kind}: it has no manifests",
            hint="only kinds kafka and flink have manifests",
        )
    flink = uses_flink(environment)
    _check(choices, flink=flink)
    longest = _LONGEST_FLINK if flink else _LONGEST_WORKER
    name = names.resource(choices.name or f"tocsin-{project}-{env}", longest, "--name")
    return ManifestValues(
        names.label(project, "the project's name"),
        names.label(env, "the environment's name"),
        name,
        names.subdomain(choices.secret or name, "--secret"),
        _secrets(env, environment),
        _storage(env, environment.storage) if flink else "",
        choices,
        _trust(environment, choices, trust),
        bool(environment.signing_key),
    )


def uses_flink(environment: Environment) -> bool:
    """Whether detections of the environment run as Flink's jobs."""
    return any(_FLINK in load(name).needs for name in environment.named)


def _check(choices: Choices, *, flink: bool) -> None:
    names.image(choices.image, "--image")
    if flink:
        names.image(choices.flink_image, "--flink-image")
    names.quantity(choices.storage_size, "--storage-size")
    names.resource(choices.monitoring, 63, "--monitoring")
    names.path(choices.project_at, "--project-at")
    names.path(choices.program, "--program")


def _secrets(env: str, environment: Environment) -> tuple[SecretSetting, ...]:
    """What a worker looks up when it starts."""
    what = f"`bootstrap` of environment {env}"
    kind, _, name = environment.bootstrap.partition(":")
    if not environment.bootstrap:
        raise ConfigError(f"no value for {what}", hint="see tocsin.toml")
    if kind == "env":
        return (SecretSetting("bootstrap", names.variable(name, what)),)
    if kind == "file":
        path = names.path(name, what)
        if not PurePosixPath(path).is_relative_to(FOLDER):
            raise ConfigError(f"{what}: workers read secret files in {FOLDER} only")
        return (SecretSetting("bootstrap", names.secret_key(PurePosixPath(path).name, what), path),)
    return ()


def _trust(environment: Environment, choices: Choices, named: str) -> str:
    """The trust file for workers: without signed releases they would run none by it."""
    if choices.trust:
        return names.path(choices.trust, "--trust-at")
    if not (named and environment.signing_key):
        return ""
    return names.path(f"{choices.project_at}/{named}", "`trust` in [policy]")


def _storage(env: str, value: str) -> str:
    """The folder that Flink's pods and apply share."""
    what = f"`storage` of environment {env}"
    if not value:
        raise ConfigError(
            f"no value for {what}",
            hint="set a folder that Flink and apply share, such as storage = '/data'",
        )
    parts = urlsplit(value)
    if parts.scheme not in ("", "file") or parts.netloc:
        raise ConfigError(f"{what} must be a folder, as a path or a file: URI: {value!r}")
    return names.path(unquote(parts.path) if parts.scheme else value, what)
