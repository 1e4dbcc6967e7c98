"""Settings of a project: `tocsin.toml`."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tocsin.diagnostics import near
from tocsin.errors import ConfigError
from tocsin.model.names import ENVIRONMENT
from tocsin.model.policy import Policy
from tocsin.secrets import is_reference

KINDS = ("local", "flink", "kafka")
"""Kinds of environments that need no backend to declare them."""
_LOCAL_ONLY = {"path"}
_KAFKA_ONLY = {
    "bootstrap",
    "canary",
    "canary_seconds",
    "gateway",
    "healthy_seconds",
    "parallelism",
    "partitions",
    "registry",
    "rest",
    "start",
    "storage",
}


class Environment(BaseModel):
    """Where detections are deployed and which backend serves which source.

    `kind`: `kafka` and `flink` mean the same, events and results on Kafka; what runs there on Flink
    the backends decide.
    `correlations`: the backend of all correlations, where it is not that of their source.
    `test_on`: engines, besides the evaluator, on which the cases of what is deployed must pass.
    Addresses (`bootstrap`, `gateway`, `rest`, `registry`) may be references: `env:NAME`,
    `file:PATH`.
    `storage`: folder (path or file: URI) for snapshots, jars and plans, seen by Flink and by apply.
    `start`: where jobs and workers begin that never ran. `partitions`: how many a missing topic of
    events gets; 0: apply makes none. `canary`: share of the partitions that get a new release
    first, for `canary_seconds`; what is started must be healthy within `healthy_seconds`.
    `signing_key`: a reference to the key that signs its releases.
    Other kinds are those that backends declare: such an environment's `settings` are the backend's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    backend: str
    backends: dict[str, str] = Field(default_factory=dict)
    correlations: str = ""
    test_on: tuple[str, ...] = ()
    path: str = ".tocsin/local"
    bootstrap: str = ""
    gateway: str = ""
    rest: str = ""
    registry: str = ""
    storage: str = ""
    start: Literal["earliest", "latest"] = "latest"
    parallelism: int = Field(default=1, ge=1, le=1024)
    partitions: int = Field(default=0, ge=0, le=10_000)
    canary: float = Field(default=0.25, ge=0, le=1)
    canary_seconds: int = Field(default=10, ge=0, le=3600)
    healthy_seconds: int = Field(default=60, ge=1, le=3600)
    signing_key: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)

    @property
    def references(self) -> dict[str, str]:
        """Settings that are references, by key."""
        keys = ("bootstrap", "gateway", "rest", "registry", "storage")
        own = {key: getattr(self, key) for key in keys}
        given = own | {f"settings.{key}": value for key, value in self.settings.items()}
        return {k: v for k, v in given.items() if isinstance(v, str) and is_reference(v)}

    @property
    def on_kafka(self) -> bool:
        """Whether a control topic says what runs, and Tocsin's workers raise the alerts."""
        return self.kind in KINDS and self.kind != "local"

    @property
    def named(self) -> frozenset[str]:
        """Names of the backends that serve it."""
        return frozenset({self.backend, self.correlations, *self.backends.values()} - {""})

    @field_validator("path")
    @classmethod
    def _below(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        strange = not path.isprintable() or "\\" in path or path.startswith("/")
        if strange or not parts or {"..", ".git"} & {part.lower() for part in parts}:
            raise ValueError("must be a folder inside the repository, such as .tocsin/local")
        return path

    @field_validator("signing_key")
    @classmethod
    def _elsewhere(cls, given: str) -> str:
        if given and not is_reference(given):
            raise ValueError("must be env:NAME or file:PATH: a key is not written down here")
        return given

    @model_validator(mode="after")
    def _read(self) -> Environment:
        """What nothing reads in this kind is refused."""
        unread = {"settings"} if self.kind in KINDS else set()
        unread |= _LOCAL_ONLY if self.kind != "local" else set()
        unread |= _KAFKA_ONLY if not self.on_kafka else set()
        if given := sorted(unread & self.model_fields_set):
            raise ValueError(
                f"{', '.join(given)}: has no effect in an environment of kind {self.kind}"
            )
        return self

    def backend_of(self, source: str, *, stateful: bool = False) -> str:
        """Name of the backend that serves this source's detections, or correlations, here."""
        return (stateful and self.correlations) or self.backends.get(source, self.backend)


class ProjectSettings(BaseModel):
    """The `[project]` table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]

    @field_validator("name")
    @classmethod
    def _shown(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError("must be printable, in one line")
        return name


class Settings(BaseModel):
    """The whole of `tocsin.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: ProjectSettings = ProjectSettings(name="detections")
    environments: dict[str, Environment] = Field(default_factory=dict)
    policy: Policy | None = None

    @field_validator("environments")
    @classmethod
    def _named(cls, given: dict[str, Environment]) -> dict[str, Environment]:
        if wrong := [name for name in given if not ENVIRONMENT.fullmatch(name)]:
            raise ValueError(
                f"{wrong[0]!r} cannot be the name of an environment: use letters, digits, - and _"
            )
        if "on_change" in given:
            raise ValueError(
                "'on_change' is a key of `deploy`, and cannot be the name of an environment"
            )
        return given

    def environment(self, name: str) -> Environment:
        """The environment with this name. Raises ConfigError if there is none."""
        if name in self.environments:
            return self.environments[name]
        close = near(name, self.environments)
        known = ", ".join(self.environments) or "none: add one to tocsin.toml"
        meant = f"did you mean {close!r}? " if close else ""
        hint = f"{meant}environments: {known}"
        raise ConfigError(f"no environment {name!r}", hint=hint)
