"""Settings in the manifests are ones that Flink has: it ignores those that it does not know."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tocsin.deploy.manifests import Choices, deployment, manifests
from tocsin.model.project import Environment
from tocsin_engines.cache import Cache
from tocsin_engines.flink import FlinkEngine
from tocsin_engines.places import cache_root


@pytest.mark.engine
def test_flink_knows_the_settings() -> None:
    environment = Environment(
        kind="flink", backend="flink-sql", bootstrap="b:9092", storage="/data"
    )
    made = deployment("shop", "prod", environment, Choices("a/b:1", "a/flink:2"))
    [text] = [each.text for each in manifests(made) if each.name == "flink.yaml"]
    documents = list(yaml.safe_load_all(text))
    [cluster] = [d["spec"] for d in documents if d["kind"] == "FlinkDeployment"]
    [gateway] = [d["spec"]["template"]["spec"] for d in documents if d["kind"] == "Deployment"]
    given = [word for word in gateway["containers"][0]["command"] if word.startswith("-D")]
    keys = {word.removeprefix("-D").partition("=")[0] for word in given}
    # A reporter's settings bear the name that we give it.
    keys |= {
        key for key in cluster["flinkConfiguration"] if not key.startswith("metrics.reporter.")
    }
    installed = FlinkEngine().install(Cache(cache_root()), lambda _: None)
    known = b"".join(_options(installed))
    # The endpoint's settings are those of its name behind a prefix.
    parts = {key.removeprefix("sql-gateway.endpoint.rest.") for key in keys}
    assert not {key for key in parts if key.encode() not in known}
    reporter = cluster["flinkConfiguration"]["metrics.reporter.prom.factory.class"]
    assert any(f"{reporter.replace('.', '/')}.class" in names for names in _names(installed))


def _options(installed: Path) -> Iterator[bytes]:
    """The classes that name Flink's settings; their texts are not compressed once unpacked."""
    for jar in _jars(installed):
        with zipfile.ZipFile(jar) as packed:
            yield from (packed.read(name) for name in packed.namelist() if "Options" in name)


def _names(installed: Path) -> Iterator[list[str]]:
    for jar in _jars(installed):
        with zipfile.ZipFile(jar) as packed:
            yield packed.namelist()


def _jars(installed: Path) -> Iterator[Path]:
    yield from (installed / "python" / "pyflink" / "lib").glob("flink-dist*.jar")
    yield from (installed / "extra").glob("flink-*.jar")
