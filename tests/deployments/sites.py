"""A topic with its feed, and an environment that reads it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deployments.feed import Feed
from deployments.scene import Scene
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.client.rest_api import ClusterRest

PARTITIONS = 2


@contextmanager
def scene(endpoints: EngineAddresses, folder: Path, *, rate: int, seed: int) -> Iterator[Scene]:
    """An environment under load; its jobs end and its topics go with it."""
    run = f"run-{uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": endpoints.kafka, "log_level": 0})
    topics = [f"{run}-audit", *(f"tocsin.{what}.{run}.live" for what in ("found", "refused"))]
    admin.create_topics([NewTopic(topics[0], PARTITIONS, 1)])[topics[0]].result(60)
    feed = Feed(str(endpoints.kafka), topics[0], rate=rate, partitions=PARTITIONS, seed=seed)
    storage = folder / run
    storage.mkdir(parents=True)
    made = Scene(endpoints, run, storage, feed)
    feed.start()
    try:
        yield made
    finally:
        feed.stop()
        with ClusterRest(str(endpoints.flink_rest)) as cluster:
            for job in cluster.seen():
                if job.name.startswith(f"tocsin/{run}/") and not job.ended:
                    cluster.cancel(job.id)
        for future in admin.delete_topics(topics).values():
            future.exception(60)
        shutil.rmtree(storage, ignore_errors=True)
