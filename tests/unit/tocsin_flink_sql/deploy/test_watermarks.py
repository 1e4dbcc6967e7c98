"""How far jobs are in event time, by what Flink tells."""

from __future__ import annotations

import pytest

from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.deploy.watermarks import Watermarks
from unit.tocsin_flink_sql.deploy.answering_flink import AnsweredJob, AnsweringFlink


@pytest.mark.parametrize(
    ("interval", "age"), [("", 12_000), ("500", 2500), ("5 s", 7000), ("1min", 62_000)]
)
def test_how_old_an_answer_may_be_follows_from_the_clusters_settings(
    interval: str, age: int, flink: AnsweringFlink
) -> None:
    if interval:
        flink.settings["metrics.fetcher.update-interval"] = interval
    with ClusterRest(flink.url) as cluster:
        assert Watermarks(cluster).age_ms == age


def test_a_job_is_as_far_as_its_slowest_sink(flink: AnsweringFlink) -> None:
    flink.add(AnsweredJob("a", "a", tasks=("RUNNING", "RUNNING"), watermarks=(9000, 7000)))
    flink.add(AnsweredJob("b", "b", watermarks=(-(2**63),)))
    flink.add(AnsweredJob("c", "c"))
    with ClusterRest(flink.url) as cluster:
        found = Watermarks(cluster)
        assert [found.of(job) for job in "abc"] == [7000, None, None]
