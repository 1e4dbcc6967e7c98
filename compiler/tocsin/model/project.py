"""Settings of a content repository: `tocsin.toml`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Environment(BaseModel):
    """Where detections are deployed and which backend serves which source.

    `correlations`: the backend of all correlations, where it is not that of their source.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["local", "flink", "kafka"]
    backend: str
    backends: dict[str, str] = Field(default_factory=dict)
    correlations: str = ""
    path: str = ".tocsin/local"
    bootstrap: str = ""
    gateway: str = ""
    rest: str = ""

    def backend_of(self, source: str, *, stateful: bool = False) -> str:
        """Name of the backend that serves this source's detections, or correlations, here."""
        return (stateful and self.correlations) or self.backends.get(source, self.backend)


class ProjectSettings(BaseModel):
    """The `[project]` table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str


class Settings(BaseModel):
    """The whole of `tocsin.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: ProjectSettings = ProjectSettings(name="detections")
    environments: dict[str, Environment] = Field(default_factory=dict)
