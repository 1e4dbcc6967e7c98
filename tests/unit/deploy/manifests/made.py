"""Manifests of environments of every kind."""

from __future__ import annotations

from typing import Any

import yaml

from tocsin.deploy.manifests import Choices, deployment, manifests
from tocsin.model.project import Environment

IMAGE = "example.org/detections@sha256:" + "a" * 64
FLINK = "example.org/flink:2.2.1"


def environment_of(**settings: Any) -> Environment:
    stream = {} if settings.get("kind") == "local" else {"bootstrap": "b:9092"}
    given = {"kind": "kafka", "backend": "kafka-filter", **stream, **settings}
    return Environment.model_validate(given)


def made(
    environment: Environment | None = None, env: str = "prod", **choices: Any
) -> dict[str, str]:
    """Files by name."""
    chosen = Choices(**{"image": IMAGE, "flink_image": FLINK, **choices})
    wanted = deployment("shop", env, environment or environment_of(), chosen)
    return {each.name: each.text for each in manifests(wanted)}


ENVIRONMENTS = {
    "kafka": environment_of(),
    "kafka by variable": environment_of(bootstrap="env:SHOP_KAFKA"),
    "kafka by file": environment_of(bootstrap="file:/run/secrets/brokers"),
    "kafka with Flink's correlations": environment_of(correlations="flink-sql", storage="/data"),
    "flink": environment_of(kind="flink", backend="flink-sql", storage="/data/tocsin"),
    "flink by file": environment_of(
        kind="flink", backend="flink-sql", storage="file:///data", bootstrap="file:/run/secrets/a/b"
    ),
}


def documents_in(files: dict[str, str]) -> list[dict[str, Any]]:
    return [
        document
        for name, text in files.items()
        if name.endswith(".yaml")
        for document in yaml.safe_load_all(text)
    ]


def of_kind(files: dict[str, str], kind: str, name: str = "") -> dict[str, Any]:
    [found] = [
        d for d in documents_in(files) if d["kind"] == kind and name in ("", d["metadata"]["name"])
    ]
    return found
