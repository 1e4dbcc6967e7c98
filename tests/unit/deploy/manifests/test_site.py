"""Choices and environments of which no manifests can be made, and why."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tocsin.errors import ConfigError
from unit.deploy.manifests.made import ENVIRONMENTS, documents_in, environment_of, made


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"name": "Shop"}, "'Shop'"),
        ({"name": "1shop"}, "'1shop'"),
        ({"name": "shop-"}, "'shop-'"),
        ({"name": "s" * 46}, "not a valid Kubernetes name"),
        ({"name": "shop\nkind: Pod"}, "not a valid Kubernetes name"),
        ({"image": ""}, "not the name of an image"),
        ({"image": "a b"}, "not the name of an image"),
        ({"secret": "A"}, "not the name of a Secret"),
        ({"monitoring": "a.b"}, "not a valid Kubernetes name"),
        ({"storage_size": "a lot"}, "not an amount of storage"),
        ({"project_at": "detections"}, "--project-at must be an absolute path"),
        ({"project_at": "/srv/../etc"}, "--project-at must be an absolute path"),
        ({"program": "/opt/$(x)/tocsin"}, "--program must be an absolute path"),
    ],
)
def test_choices_that_no_cluster_takes(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        made(**choices)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "local"}, "kind local: it has no manifests"),
        ({"bootstrap": ""}, "no value for `bootstrap`"),
        ({"bootstrap": "env:NOT-ONE"}, "does not name an environment variable"),
        ({"bootstrap": "file:relative"}, "must be an absolute path"),
        ({"bootstrap": "file:/etc/shadow"}, "workers read secret files in /run/secrets only"),
        ({"backend": "flink-sql"}, "no value for `storage`"),
        ({"backend": "flink-sql", "storage": "s3://bucket/folder"}, "must be a folder"),
        ({"backend": "flink-sql", "storage": "file://host/folder"}, "must be a folder"),
        ({"backend": "flink-sql", "storage": "data"}, "must be an absolute path"),
        ({"backend": "flink-sql", "storage": "/"}, "must be an absolute path"),
    ],
)
def test_environments_without_manifests(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        made(environment_of(**settings))


def test_long_names() -> None:
    """As long as it may be, with everything that is appended."""
    for environment, longest in ((ENVIRONMENTS["flink"], 39), (ENVIRONMENTS["kafka"], 45)):
        with pytest.raises(ConfigError, match="not a valid Kubernetes name"):
            made(environment, name="n" * (longest + 1))
        for document in documents_in(made(environment, name="n" * longest)):
            name = document["metadata"]["name"]
            assert len(name) <= {"FlinkDeployment": 45, "StatefulSet": 52}.get(document["kind"], 63)


def test_names_of_environments_that_are_no_labels() -> None:
    with pytest.raises(ConfigError, match="the environment's name cannot be a label"):
        made(env="prod eu", name="prod")
    with pytest.raises(ConfigError, match="not a valid Kubernetes name"):
        made(env="Prod")


def test_flink_needs_its_image() -> None:
    with pytest.raises(ConfigError, match="not the name of an image") as caught:
        made(ENVIRONMENTS["flink"], flink_image="")
    assert "--flink-image" in caught.value.hint
