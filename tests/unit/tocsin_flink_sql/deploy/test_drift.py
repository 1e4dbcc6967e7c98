"""How jobs and files that are there are compared with what was released."""

from __future__ import annotations

from pathlib import Path

from deployments.editions import Edition
from tocsin.release.finding import Finding
from tocsin_flink_sql.client.rest_api import JobStatus
from tocsin_flink_sql.deploy.drift import (
    LOOP_MS,
    absent,
    altered_files,
    foreign,
    isolated_in,
    looping,
    misplaced,
)
from tocsin_flink_sql.deploy.health import HOPELESS
from tocsin_flink_sql.state.storage import Storage
from unit.tocsin_flink_sql.deploy.shop import specs

NAME, OTHER = "audit@new", "audit@old"
NOW = 10 * LOOP_MS


def job(id_: str, name: str = NAME, status: str = "RUNNING") -> JobStatus:
    return JobStatus(1, id_, name, status)


def codes(found: list[Finding]) -> list[tuple[str, str]]:
    return [(each.kind, each.subject) for each in found]


def test_the_released_version_alone_is_as_it_should_be() -> None:
    assert list(misplaced(NAME, [job("1"), job("2", OTHER, "CANCELED")])) == []


def test_other_versions_and_second_jobs_are_told() -> None:
    found = list(misplaced(NAME, [job("1", OTHER), job("2"), job("3"), job("4", NAME, "FAILED")]))
    assert codes(found) == [("job-other-version", OTHER), ("job-duplicate", NAME)]
    assert found[0].detail == f"released is {NAME}"
    assert found[1].detail == "job 3 is a duplicate"


def test_jobs_that_nobody_wants_are_told_while_they_live() -> None:
    there = {"audit": [job("1")], "gone": [job("2", "gone@1"), job("3", "gone@0", "FINISHED")]}
    assert codes(foreign(there, {"audit"})) == [("job-foreign", "gone@1")]


def test_nothing_runs_because_it_failed_or_because_nobody_started_it() -> None:
    assert codes([absent(NAME, None), absent(NAME, "a: b")]) == [
        ("job-missing", NAME),
        ("job-failed", NAME),
    ]
    assert absent(NAME, "a: b").detail == "a: b"


def test_a_few_failures_are_no_loop_and_old_ones_do_not_count() -> None:
    fresh = [(NOW - 1000 * n, f"a: {n}") for n in range(HOPELESS)]
    [found] = looping(NAME, fresh, NOW)
    assert found.kind == "job-failed"
    assert found.by_hand
    assert found.detail == f"it failed {HOPELESS} times in 5 minutes: a: 0"
    assert list(looping(NAME, fresh[1:], NOW)) == []
    assert list(looping(NAME, fresh, NOW + LOOP_MS)) == []


def test_isolated_detections_are_those_of_the_metrics() -> None:
    metrics = ["0.Matcher.detection.id-1.isolated", "0.Matcher.detection.id-2.matches"]
    metrics.append("0.Matcher.detection.of-an-older-release.isolated")
    keys = {"id-1": "slow", "id-2": "fast"}
    [found] = isolated_in(metrics, keys, "refused.topic")
    assert found.subject == "slow"
    assert "refused.topic" in found.detail


def test_files_of_jobs_that_are_missing_or_altered(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    jobs = specs(Edition(1, {"ra": "a"}))
    pack, burst = jobs["audit"], jobs["burst"]
    assert codes(list(altered_files(storage, [(pack, None), (burst, None)]))) == [
        ("state-missing", "audit"),
        ("jar-altered", "audit"),
        ("state-missing", "burst"),
    ]
    generations = [(spec, storage.begin(spec.pipeline, 1, 1, "earliest")) for spec in (pack, burst)]
    assert codes(list(altered_files(storage, generations))) == [
        ("jar-altered", "audit"),
        ("plan-altered", "burst"),
    ]
    file = storage.jar(pack.jar)
    generations[1][1].keep_plan(burst.version, b"{}")
    assert list(altered_files(storage, generations)) == []
    file.write_bytes(b"rot")
    assert codes(list(altered_files(storage, generations))) == [("jar-altered", "audit")]
