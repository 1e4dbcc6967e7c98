"""How a pipeline gets to one job: which are stopped, and what if the new one fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deployments.editions import Edition
from tocsin.backend.streaming import UnhealthyError
from tocsin_flink_sql.client.rest_api import ClusterRest, JobStatus
from tocsin_flink_sql.deploy.environment import Site, Timing
from tocsin_flink_sql.deploy.savepoint_upgrade import (
    Pipelines,
    generation_of,
    hand_on,
    sorted_out,
)
from tocsin_flink_sql.state.storage import Generation, Storage
from unit.tocsin_flink_sql.deploy.answering_flink import AnsweredJob, AnsweringFlink
from unit.tocsin_flink_sql.deploy.shop import TOPIC, NoEvents, site, specs
from unit.tocsin_flink_sql.state.written_snapshots import made, split

OLD, NEW = (specs(Edition(number, {"ra": "a"}))["audit"] for number in (1, 2))


@pytest.fixture
def here(tmp_path: Path, flink: AnsweringFlink) -> Site:
    timing = Timing(steady=0.3, healthy=0.3, stop=2)
    return replace(site(tmp_path, flink.url), timing=timing)


@pytest.fixture
def pipelines(here: Site) -> Iterator[Pipelines]:
    with ClusterRest(here.environment.rest) as cluster:
        yield Pipelines(here, cluster, NoEvents())


@pytest.fixture
def generation(here: Site) -> Generation:
    made = here.storage.begin("audit", 1, 1, "earliest")
    made.serve(OLD.version)
    return made


def started(flink: AnsweringFlink, here: Site, **facts: object) -> AnsweredJob:
    """The old job runs."""
    return flink.add(replace(AnsweredJob("old", here.name(OLD)), **facts))


# --- which ----------------------------------------------------------------------------------------


def test_all_but_one_job_of_the_version_are_stopped() -> None:
    jobs = [JobStatus(n, str(n), name, "RUNNING") for n, name in enumerate("abaca")]
    ours, others = sorted_out(jobs, "a", ())
    assert ours == jobs[0]
    assert [job.id for job in others] == ["1", "3", "2", "4"]


def test_what_may_run_beside_is_left_alone() -> None:
    jobs = [JobStatus(n, str(n), name, "RUNNING") for n, name in enumerate("bc")]
    assert sorted_out(jobs, "a", {"b"}) == (None, [jobs[1]])
    assert sorted_out(jobs, "b", {"b"}) == (None, [jobs[1]])


def test_a_generation_is_known_by_the_first_digits_of_a_version(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    assert generation_of(storage, "audit", "ab") is None
    first, second = (storage.begin("audit", n, n, "earliest") for n in (1, 2))
    first.serve("abcd")
    assert generation_of(storage, "audit", "ab") == first
    assert generation_of(storage, "audit", "other") == second
    second.serve("abcd")
    assert generation_of(storage, "audit", "ab") == second


def test_who_waits_for_a_job_begins_where_it_stopped(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    parent = storage.begin("audit", 1, 1, "earliest")
    waiting, begun = storage.begin("audit/ra", 2, 2, ""), storage.begin("audit/rb", 2, 2, "7")
    folder = made(parent, "savepoints/savepoint-1", 3)
    with (folder / "_metadata").open("ab") as file:
        file.write(split(TOPIC, 0, 40))
    hand_on(parent, TOPIC, [waiting, begun])
    assert (waiting.start, begun.start) == ("partition:0,offset:40", "7")


def test_where_nothing_was_saved_it_begins_where_that_had_begun(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    parent, waiting = (storage.begin(name, 1, 1, at) for name, at in (("a", "77"), ("a/b", "")))
    hand_on(parent, TOPIC, [waiting])
    assert waiting.start == "77"


# --- stopping -------------------------------------------------------------------------------------


def test_a_job_is_stopped_with_a_savepoint_in_its_generation(
    flink: AnsweringFlink, here: Site, pipelines: Pipelines, generation: Generation
) -> None:
    started(flink, here)
    flink.add(AnsweredJob("else", "of another project"))
    pipelines.remove("audit")
    assert flink.savepoints == [(here.name(OLD), generation.savepoints.as_uri())]
    assert flink.living() == ["of another project"]


@pytest.mark.parametrize("facts", [{"takes_savepoints": False}, {"tasks": ("INITIALIZING",)}])
@pytest.mark.usefixtures("generation")
def test_one_that_takes_none_is_cancelled(
    facts: dict[str, object], flink: AnsweringFlink, here: Site, pipelines: Pipelines
) -> None:
    job = started(flink, here, **facts)
    pipelines.remove("audit")
    assert job.status == "CANCELED"


# --- bringing it to one job -----------------------------------------------------------------------


def test_a_new_version_takes_the_place_of_the_old_one(
    flink: AnsweringFlink, here: Site, pipelines: Pipelines, generation: Generation
) -> None:
    started(flink, here)
    pipelines.swap(NEW, generation, (OLD, generation))
    assert flink.living() == [here.name(NEW)]
    assert pipelines.runs(NEW)
    assert generation.versions == {OLD.version, NEW.version}


def test_one_that_runs_already_stays(
    flink: AnsweringFlink, here: Site, pipelines: Pipelines, generation: Generation
) -> None:
    job = started(flink, here)
    pipelines.install(OLD, generation)
    assert (job.status, flink.statements) == ("RUNNING", [])


@pytest.mark.parametrize("why", ["it fails", "Flink refuses it"])
def test_the_old_one_runs_again_if_the_new_one_does_not(
    why: str, flink: AnsweringFlink, here: Site, pipelines: Pipelines, generation: Generation
) -> None:
    started(flink, here)
    if why == "it fails":
        flink.starts_as = {"status": "FAILED", "failures": ((2_000_000_000_000, "a.Ex: boom"),)}
        flink.on_start = flink.starts_as.clear
    else:
        flink.refusals.append("a.Ex: boom")
    with pytest.raises(UnhealthyError, match="boom"):
        pipelines.swap(NEW, generation, (OLD, generation))
    assert flink.living() == [here.name(OLD)]


def test_without_an_old_one_nothing_runs_then(
    flink: AnsweringFlink, pipelines: Pipelines, generation: Generation
) -> None:
    flink.starts_as = {"checkpoint": None}
    with pytest.raises(UnhealthyError, match="no checkpoint has completed"):
        pipelines.swap(NEW, generation, None)
    assert flink.living() == []
