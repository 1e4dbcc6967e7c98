"""Names on a broker: topics of workers and jobs, and the workers' group."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin_runtime.stream.base import Sink

SINKS: Mapping[Sink, str] = {
    sink: f"tocsin.{sink}" for sink in (Sink.MATCHES, Sink.ALERTS, Sink.DEAD)
}
"""Topics of results, which all environments share."""


def group_of(project: str, environment: str) -> str:
    """The consumer group of the workers of an environment."""
    return f"tocsin.{project}.{environment}"


def found_topic(project: str, environment: str) -> str:
    """The topic of what jobs find in an environment."""
    return f"tocsin.found.{project}.{environment}"


def late_topic(project: str, environment: str) -> str:
    """The topic of events that jobs do not count for correlations as they are late."""
    return f"tocsin.{Sink.LATE}.{project}.{environment}"
