"""Jobs on a real cluster under load: editions come and go, and every match is found once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from deployments.editions import BURSTS, Edition, identity
from deployments.environment_under_load import Scene, scene
from deployments.rollout_process import carried, moved
from tocsin.backend.streaming import Phase, Rollout, UnhealthyError
from tocsin.canonical import canonical_bytes, digest_bytes
from tocsin.errors import EngineError
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.client.rest_api import ClusterRest
from whole import only_whole

pytestmark = [pytest.mark.engine, only_whole]

FIRST = Edition(1, {"ra": "a", "rb": "b"})
SECOND = Edition(2, {"ra": "a", "rb": "c", "rc": "c"}, threshold=4)
THIRD = Edition(3, {"rc": "d"}, threshold=4, timespan="6s")


@pytest.fixture(scope="module")
def live(endpoints: EngineAddresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One environment, which the tests take from edition to edition in their order."""
    with scene(endpoints, tmp_path_factory.mktemp("storage"), rate=30, seed=7) as made:
        made.move(FIRST)
        yield made


def test_what_is_released_runs(live: Scene) -> None:
    assert live.findings() == []


def test_hand_made_changes_are_found(live: Scene) -> None:
    book, fleet = live.book(SECOND), live.errand(FIRST).fleet
    found = {each.kind for each in fleet.findings(book.entries, book.bodies)}
    assert found == {"job-other-version", "jar-altered", "state-missing"}
    assert {each.kind for each in fleet.findings((), {})} == {"job-foreign"}


def test_a_lost_job_is_found_and_healed(live: Scene) -> None:
    with ClusterRest(live.endpoints.addresses["flink_rest"]) as cluster:
        [job] = [j for j in cluster.seen() if "/audit@" in j.name and live.run in j.name]
        cluster.cancel(job.id)
    assert [each.kind for each in live.findings()] == ["job-missing"]
    live.heal()
    assert live.findings() == []


def test_a_mover_that_is_killed_is_followed_by_one_that_goes_on(live: Scene) -> None:
    live.move(SECOND, faults=["stopped", "started"])
    assert live.findings() == []


def test_a_version_that_cannot_start_is_given_up_and_the_old_goes_on(live: Scene) -> None:
    errand = live.errand(SECOND)
    fleet, move = errand.fleet, broken(errand.move)
    steps = fleet.steps(move)
    carried(steps, errand.board, Phase.STAGE)
    with pytest.raises(UnhealthyError, match="Cannot map"):
        carried(steps, errand.board, Phase.SWITCH)
    carried(fleet.retreat(move), errand.board)
    assert live.findings() == []


def broken(move: Rollout) -> Rollout:
    """The move with a correlation of other state, though its verdict says that it is kept."""
    [burst] = [entry for entry in move.after if entry.stateful]
    body = json.loads(move.bodies[burst.artifact])
    whole = body["insert"]
    body["insert"] = whole.replace("CAST('audit' AS", "CAST(1 / (`~offset` * 0) AS")
    assert body["insert"] != whole
    data = canonical_bytes(body)
    bad = replace(burst, artifact=digest_bytes(data))
    after = tuple(bad if entry is burst else entry for entry in move.after)
    kept = {burst.id: StateDecision(Fate.KEEP, "")}
    return replace(move, after=after, bodies={**move.bodies, bad.artifact: data}, decisions=kept)


def test_a_change_that_is_given_up_after_its_cut_ends_with_another(live: Scene) -> None:
    errand = live.errand(THIRD)
    fleet, move, board = errand.fleet, errand.move, errand.board
    carried(fleet.steps(move), board, Phase.STAGE)
    carried(fleet.retreat(move), board)
    assert live.findings() == []
    there, back = [c for c in board.states[-1].cutovers if c.detection == identity(BURSTS)][-2:]
    assert (there.before, there.after) == (back.after, back.before)
    assert there.at < back.at
    assert (there.ends, len(back.ends)) == ((), 1)


def test_state_that_cannot_be_kept_is_made_anew_beside_the_old(live: Scene) -> None:
    live.move(THIRD, faults=["make-topics", "cut-published", "cut-reached", "old-stopped"])
    live.move(SECOND)
    assert live.findings() == []


def test_a_detection_gets_a_job_of_its_own(live: Scene) -> None:
    live.move(replace(SECOND, number=4, isolated="ra"))
    assert live.findings() == []


def test_every_match_is_found_once(live: Scene) -> None:
    result = live.counted()
    assert result.good, json.dumps(result.as_json())
    assert result.events > 1000
    assert result.completions > 100


def test_a_topic_that_is_not_there_is_told(live: Scene) -> None:
    errand = replace(live.errand(live.history[-1]), topic="nowhere", before="", partitions=0)
    with pytest.raises(EngineError, match="there is no topic nowhere"):
        moved(errand)
