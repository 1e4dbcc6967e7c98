"""How a job is started: with which settings, under which id, and what a refusal means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.editions import Edition
from tocsin.errors import EngineError
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.job_specs import PackJob
from tocsin_flink_sql.deploy.submission import ATTEMPTS, Starter, job_ids, session_settings
from tocsin_flink_sql.state.snapshots import snapshots
from tocsin_flink_sql.state.storage import Generation
from unit.tocsin_flink_sql.deploy.answering_flink import AnsweredJob, AnsweringFlink
from unit.tocsin_flink_sql.deploy.shop import site, specs
from unit.tocsin_flink_sql.state.written_snapshots import made

SPECS = specs(Edition(1, {"ra": "a"}))
PACK, BURST = SPECS["audit"], SPECS["burst"]
DUPLICATE = "org.apache.flink.DuplicateJobSubmissionException: Job has already been submitted."


@pytest.fixture
def here(tmp_path: Path, flink: AnsweringFlink) -> Site:
    return site(tmp_path, flink.url)


@pytest.fixture
def generation(here: Site) -> Generation:
    return here.storage.begin("audit", 1, 1, "earliest")


@pytest.fixture
def starter(here: Site) -> Iterator[Starter]:
    with ClusterRest(here.environment.rest) as cluster:
        yield Starter(here, cluster, 900_000)


def ids(here: Site, generation: Generation) -> list[str]:
    return list(job_ids(here.name(PACK), generation, None))


# --- settings -------------------------------------------------------------------------------------


def test_a_job_without_a_snapshot_begins_anew(here: Site, generation: Generation) -> None:
    settings = session_settings(here, PACK, generation, None, "id")
    assert settings["pipeline.name"] == here.name(PACK)
    assert settings["$internal.pipeline.job-id"] == "id"
    assert settings["execution.checkpointing.dir"] == generation.checkpoints.as_uri()
    assert settings["execution.checkpointing.savepoint-dir"] == generation.savepoints.as_uri()
    assert not [key for key in settings if "recovery" in key]


def test_a_job_with_one_goes_on_from_it_and_leaves_it(here: Site, generation: Generation) -> None:
    folder = made(generation, "savepoints/savepoint-1", 3)
    settings = session_settings(here, PACK, generation, snapshots(generation)[0], "id")
    assert settings["execution.state-recovery.path"] == folder.as_uri()
    assert settings["execution.state-recovery.claim-mode"] == "NO_CLAIM"


def test_events_are_not_copied_on_their_way_to_the_matcher(
    here: Site, generation: Generation
) -> None:
    told = [session_settings(here, spec, generation, None, "") for spec in (PACK, BURST)]
    assert [each["pipeline.object-reuse"] for each in told] == ["true", "false"]


# --- ids ------------------------------------------------------------------------------------------


def test_ids_are_the_same_whenever_asked_and_as_flink_takes_them(
    here: Site, generation: Generation
) -> None:
    found = ids(here, generation)
    assert found == ids(here, generation)
    assert len(set(found)) == ATTEMPTS
    assert all(len(bytes.fromhex(each)) == 16 for each in found)


def test_another_snapshot_generation_or_version_has_other_ids(
    here: Site, generation: Generation
) -> None:
    name = here.name(PACK)
    for number, folder in enumerate(
        ("savepoints/a", "checkpoints/j1/chk-1", "checkpoints/j2/c"), 1
    ):
        made(generation, folder, number)
    later = here.storage.begin("audit", 2, 2, "earliest")
    froms = [None, *snapshots(generation)]
    all_of = [(name, generation, each) for each in froms]
    all_of += [(name, later, None), (here.name(BURST), generation, None)]
    found = [each for what in all_of for each in job_ids(*what)]
    assert len(set(found)) == len(all_of) * ATTEMPTS


# --- starts ---------------------------------------------------------------------------------------


def test_a_start_gives_the_session_its_tables_and_then_its_statement(
    flink: AnsweringFlink, here: Site, generation: Generation, starter: Starter
) -> None:
    job = starter.start(PACK, generation, None)
    assert job == ids(here, generation)[0]
    assert flink.living() == [here.name(PACK)]
    *tables, last = flink.statements
    assert [each.split()[0] for each in tables] == ["CREATE"] * 3
    assert last.startswith("INSERT INTO")
    assert isinstance(PACK, PackJob)
    assert here.storage.jar_file(PACK.jar).as_uri() in tables[-1]


def test_an_id_that_flink_knows_is_not_used_again(
    flink: AnsweringFlink, here: Site, generation: Generation, starter: Starter
) -> None:
    first, second, *_ = ids(here, generation)
    flink.add(AnsweredJob(first, "an earlier start", "FAILED"))
    assert starter.start(PACK, generation, None) == second


def test_one_that_a_killed_apply_has_started_is_taken_for_ours(
    flink: AnsweringFlink, here: Site, generation: Generation, starter: Starter
) -> None:
    first = ids(here, generation)[0]
    flink.refusals.append(DUPLICATE)
    flink.on_refusal = lambda: flink.add(AnsweredJob(first, here.name(PACK)))
    assert starter.start(PACK, generation, None) == first


def test_one_that_has_ended_meanwhile_is_started_under_the_next_id(
    flink: AnsweringFlink, here: Site, generation: Generation, starter: Starter
) -> None:
    flink.refusals.append(DUPLICATE)
    assert starter.start(PACK, generation, None) == ids(here, generation)[1]


def test_another_refusal_is_the_end(
    flink: AnsweringFlink, generation: Generation, starter: Starter
) -> None:
    flink.refusals.append("a.SqlException: no such column")
    with pytest.raises(EngineError, match="no such column"):
        starter.start(PACK, generation, None)
    assert flink.living() == []


def test_so_many_starts_from_one_snapshot_are_hopeless(
    flink: AnsweringFlink, here: Site, generation: Generation, starter: Starter
) -> None:
    for each in ids(here, generation):
        flink.add(AnsweredJob(each, here.name(PACK), "FAILED"))
    with pytest.raises(EngineError, match=f"was started {ATTEMPTS} times"):
        starter.start(PACK, generation, None)


def test_a_check_starts_nothing(
    flink: AnsweringFlink, generation: Generation, starter: Starter
) -> None:
    starter.check(PACK, generation)
    assert flink.statements[-1].startswith("EXPLAIN INSERT")
    assert flink.living() == []
