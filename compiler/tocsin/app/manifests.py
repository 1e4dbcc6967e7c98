"""Manifests that run an environment of kind kafka or flink."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tocsin.deploy.manifests import Choices, Manifest, ManifestValues, deployment
from tocsin.front.project import read_settings


def deployment_of(root: Path, env: str, choices: Choices) -> ManifestValues:
    """The deployment that runs an environment of the project at `root`."""
    settings = read_settings(root)
    trust = settings.policy.trust if settings.policy else ""
    return deployment(settings.project.name, env, settings.environment(env), choices, trust)


def write_manifests(files: Iterable[Manifest], out: Path) -> dict[str, Path]:
    """Write them to a folder; the path of each by its name."""
    out.mkdir(parents=True, exist_ok=True)
    paths = {each.name: out / each.name for each in files}
    for each in files:
        paths[each.name].write_text(each.text, "utf-8")
    return paths
