"""The jobs of an edition of the shop's detections, and a site for them."""

from __future__ import annotations

from pathlib import Path

from deployments.editions import Edition, compiled
from tocsin.backend.streaming import StreamEnvironment
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.job_specs import JobSpec, job_specs

TOPIC = "audit"


def specs(edition: Edition) -> dict[str, JobSpec]:
    """Its jobs, by pipeline."""
    book = compiled(edition, TOPIC)
    return job_specs(book.entries, book.bodies)


def place(root: Path, flink: str = "http://f") -> StreamEnvironment:
    """An environment that keeps its files in this folder, on this Flink."""
    where = {"gateway": flink, "rest": flink, "storage": str(root)}
    return StreamEnvironment(project="shop", environment="live", kafka="k:1", **where)


def site(root: Path, flink: str = "http://f") -> Site:
    """The same, for jobs on Flink."""
    return Site.of(place(root, flink))
