"""How far jobs are in event time, and whether that is known as of now."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from tocsin_flink_sql.client.rest_api import ClusterRest

_UNITS = {"": 1, "ms": 1, "s": 1000, "min": 60_000}
_SECOND = 1.0


class Watermarks:
    """Watermarks of jobs on one cluster, in milliseconds since 1970.

    Flink tells metrics from a copy that it renews when somebody asks, at most so often.
    """

    def __init__(self, cluster: ClusterRest) -> None:
        self._cluster = cluster
        told = cluster.setting("metrics.fetcher.update-interval", "10000")
        parts = re.fullmatch(r"(\d+)\s*(|ms|s|min)", told)
        self._age = int(parts[1]) * _UNITS[parts[2]] / 1000 if parts else 10.0

    @property
    def age_ms(self) -> int:
        """How old what Flink tells may be."""
        return int((self._age + 2 * _SECOND) * 1000)

    def of(self, job: str) -> int | None:
        """Of what the job's sink has got; None if it has none. Not more than it is now."""
        vertices = self._cluster.job(job)["vertices"]
        found = [
            value
            for vertex in vertices
            if "Writer" in vertex["name"]
            for value in self._cluster.metrics(
                job, vertex["id"], "Writer.currentInputWatermark", "min"
            )
        ]
        lowest = min(found, default=float("-inf"))
        return int(lowest) if lowest > -(2.0**62) else None

    def now(self, jobs: Sequence[str]) -> list[int | None]:
        """At least what they are as this is called; takes as long as Flink's copy may be old."""
        for pause in (self._age + _SECOND, _SECOND):
            for job in jobs:
                self.of(job)
            time.sleep(pause)
        return [self.of(job) for job in jobs]
