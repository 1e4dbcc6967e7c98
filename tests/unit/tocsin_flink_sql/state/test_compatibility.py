"""What the verdict says by the meaning of a change; by restoring: tests/engines and docs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from deployments.correlation_edits import A, Edit, edits, rule
from tocsin.errors import Unsupported
from tocsin.ir.nodes import Leaf, Regex
from tocsin.ir.query import CorrelationQuery
from tocsin.pack import Part
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.sql.functions import CLASSES
from tocsin_flink_sql.state.artifact import CorrelationArtifact
from tocsin_flink_sql.state.compatibility import verdict
from tocsin_flink_sql.state.compiled_plan import CompiledPlan
from unit.tocsin_flink_sql.state.plans import simple

EDITS = {(edit.type, edit.what): edit for edit in edits()}
FIT, UNFIT = (simple(), simple()), (simple(), simple(column="BIGINT"))


def body(query: CorrelationQuery) -> bytes:
    return FlinkSql().deployed(query).body


def judged(
    edit: Edit, wish: str = "", plans: tuple[CompiledPlan, CompiledPlan] | None = FIT
) -> StateDecision:
    """What is said of an edit; `plans` are None where nobody may ask for them."""

    def asked() -> tuple[CompiledPlan, CompiledPlan]:
        assert plans
        return plans

    return verdict(body(edit.before), body(edit.after), wish, asked)


def test_a_condition_keeps_and_says_so() -> None:
    assert judged(EDITS["event_count", "the bound grows"]) == StateDecision(
        Fate.KEEP, "only the condition on what windows hold changed"
    )


def test_a_shorter_timespan_keeps_and_a_longer_one_is_replayed() -> None:
    kept = judged(EDITS["event_count", "the timespan shrinks"])
    assert kept == StateDecision(
        Fate.KEEP, "timespan shrank from 1m to 25s: the state holds all of it"
    )
    assert judged(EDITS["event_count", "the timespan grows"], plans=None) == StateDecision(
        Fate.REPLAY,
        "timespan grew from 1m to 90s: older matches are not in the state",
        replay_ms=120_000,
    )


def test_a_chain_is_replayed_by_the_sum_of_its_timespans() -> None:
    grown = EDITS["chain", "the timespan above grows"]
    assert judged(grown, plans=None).replay_ms == (120 + 60 + 30) * 1000


def test_plans_that_do_not_fit_are_replayed() -> None:
    found = judged(EDITS["event_count", "the bound grows"], plans=UNFIT)
    assert found.fate is Fate.REPLAY
    assert "other columns or figures" in found.why


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("another base condition", "base rule 1 changed"),
        ("grouped by another field", "the group is made of other fields"),
        ("the keys in another order", "the group is made of other fields"),
        ("a base rule more", "base rules: 1 became 2"),
        ("more lateness", "the lateness of left changed"),
        ("the time is another field", "the time of left is another field: seen"),
        ("another topic", "source left moved from topic left to moved"),
        ("the key is of another type", "number of left is read otherwise"),
        ("it counts values now", "event_count became value_count"),
    ],
)
def test_what_is_replayed_says_why(what: str, why: str) -> None:
    found = judged(EDITS["event_count", what], plans=None)
    assert found.fate is Fate.REPLAY
    assert found.why.startswith(why)
    assert found.replay_ms > 0


def test_replay_and_reset_are_honoured_without_plans() -> None:
    edit = EDITS["event_count", "the bound grows"]
    assert judged(edit, "replay", None).fate is Fate.REPLAY
    found = judged(edit, "reset", None)
    assert (found.fate, found.risk_ms, found.problem) == (Fate.RESET, 60_000, "")


def test_keep_by_wish_says_what_it_risks() -> None:
    found = judged(EDITS["event_count", "another base condition"], "keep")
    assert (found.fate, found.risk_ms, found.problem) == (Fate.KEEP, 60_000, "")
    assert "for 1m windows hold what the old version put there" in found.why
    assert judged(EDITS["event_count", "the bound grows"], "keep").risk_ms == 0


def test_a_key_of_a_base_may_be_renamed() -> None:
    """The names of a chain's lower keys are no part of what it means for its state."""
    assert judged(EDITS["chain", "the key below has another name"]).fate is Fate.KEEP


@pytest.mark.parametrize(
    ("type_", "what"),
    [
        ("value_sum", "it is an average now"),
        ("value_avg", "it is a sum now"),
        ("value_percentile", "it is the median now"),
    ],
)
def test_types_whose_windows_hold_the_same(type_: str, what: str) -> None:
    found = judged(EDITS[type_, what])
    assert found.fate is Fate.KEEP
    assert found.why.startswith("windows of value_")
    assert judged(EDITS[type_, what], plans=UNFIT).fate is Fate.REPLAY


def test_an_impossible_keep_is_refused() -> None:
    unfit = judged(EDITS["event_count", "another base condition"], "keep", UNFIT)
    moved = judged(EDITS["event_count", "another topic"], "keep", None)
    assert (unfit.fate, moved.fate) == (Fate.KEEP, Fate.KEEP)
    assert "its state cannot be kept: windows of the new job hold other" in unfit.problem
    assert "moved from topic left to moved" in moved.problem


def test_bytes_that_are_no_artifact_are_refused() -> None:
    good = body(EDITS["event_count", "the bound grows"].before)
    with pytest.raises(ValueError, match="not an artifact of a correlation"):
        verdict(good, b"{}", "", lambda: FIT)


# --- artifacts ------------------------------------------------------------------------------------


def test_an_artifact_is_all_that_a_job_needs() -> None:
    query = EDITS["temporal", "two sources: the timespan shrinks"].before
    made = CorrelationArtifact.decode(body(query))
    assert made == CorrelationArtifact.of(query)
    assert made.encode() == body(query)
    assert made.topics == ("left", "right")
    reading = {"scan.startup.mode": "latest-offset"}
    tables = made.tables("host:1", "file:///functions.jar", reading, {"topic": "it's"})
    assert tables[0] == "ADD JAR 'file:///functions.jar'"
    made_of = 1 + len(CLASSES)
    assert all(text.startswith("CREATE TEMPORARY FUNCTION ") for text in tables[1:made_of])
    assert [text.split("`")[0] for text in tables[made_of:]] == [
        *["CREATE TEMPORARY TABLE ", "CREATE TEMPORARY VIEW "] * 2,
        "CREATE TEMPORARY TABLE ",
    ]
    assert sum("'host:1'" in text for text in tables) == 3
    assert sum("'scan.startup.mode' = 'latest-offset'" in text for text in tables) == 2
    assert "'topic' = 'it''s'" in tables[-1]
    assert b"9092" not in body(query)


@pytest.mark.parametrize(
    "change",
    [
        {"form": 1},
        {"insert": None},
        {"inputs": {}},
        {"shape": {}},
        {"extra": 1},
    ],
)
def test_damage_is_told(change: dict[str, Any]) -> None:
    told = json.loads(body(EDITS["event_count", "the bound grows"].before))
    with pytest.raises(ValueError, match="not an artifact of a correlation: "):
        CorrelationArtifact.decode(json.dumps({**told, **change}).encode())


def test_a_part_is_deployed_as_it_is_and_what_java_cannot_say_is_refused() -> None:
    made = FlinkSql().deployed(A)
    assert (made.suffix, made.body, made.stateful) == ("json", Part.of(A).encode(), False)
    odd = Leaf("kind", Regex(r"a\Bb"))
    with pytest.raises(Unsupported):
        FlinkSql().deployed(replace(A, expr=odd))


def test_a_renamed_detection_changes_no_shape() -> None:
    one, two = (rule("event_count", A, "gte 8", name=name) for name in ("c", "d"))
    assert CorrelationArtifact.of(one).shape == CorrelationArtifact.of(two).shape
