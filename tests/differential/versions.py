"""Versions of the engines that a recorded run ran on."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from re import search

from tocsin_engines import flink

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "batch-sql": ("duckdb",),
    "spark-sql": ("pyspark",),
    "kafka-filter": ("confluent-kafka",),
}


def versions(backend: str) -> dict[str, str]:
    """Name and version of each engine and library that takes part."""
    found = {package: version(package) for package in PACKAGES.get(backend, ())}
    if backend == "flink-sql":
        found["flink"] = flink._LIBRARIES.partition("==")[2]
    if backend in ("flink-sql", "kafka-filter"):
        found["kafka"] = _kafka()
    return found


def _kafka() -> str:
    pom = files("tocsin_engines").joinpath("poms", "kafka.xml").read_text("utf-8")
    told = search(r"kafka_[0-9.]+</artifactId>\s*<version>([0-9.]+)<", pom)
    return told[1] if told else "unknown"
