"""Who must agree with what: approvers, levels, weakening, freezes, broken glass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploying import Spec, State, desired
from tocsin.model.policy import EnvironmentPolicy
from tocsin.plan.build import build
from tocsin.plan.consent import Circumstances, mismatch, objections, owed
from tocsin.plan.steps import Plan
from tocsin.plan.weakening import Change, changes
from tocsin.release.entry import Entry
from tocsin.state.live import Live
from tocsin.trust.approval import Approval
from tocsin.trust.trust_file import Trust
from unit.plan.test_build import BASE, in_place, release

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TRUST = Trust(people={"Ada": ("ada@example.org", "ada-gh"), "Bob": ("bob@example.org",)})


def plan(before: State, after: State, **entries: Any) -> Plan:
    """From a release of the one state to the other; facts of the detection `a` besides."""
    wanted = desired(after)
    told = {**entries, "meta": str(entries)} if entries else {}
    new = [replace(e, **told) if e.key == "a" else e for e in wanted.entries]
    return build(replace(wanted, entries=tuple(new)), release(before), in_place(before)).plan


ADDED = plan(BASE, {**BASE, "c": Spec(body="b3")})
CHANGED = plan(BASE, {**BASE, "a": Spec(logic="l2", body="b3", version=2)})


def approval(reviewer: str, of: Plan = ADDED, **facts: Any) -> Approval:
    known = Approval(of.project, of.environment, of.identity, of.base, reviewer, NOW.isoformat())
    return replace(known, **facts)


def missing(
    policy: dict[str, Any],
    of: Plan = ADDED,
    by: Sequence[Approval] = (),
    authors: Sequence[str] = ("mira@example.org",),
    applier: Sequence[str] = ("ci@example.org",),
) -> str:
    given = Circumstances(by, authors, applier, NOW)
    return "; ".join(objections(EnvironmentPolicy.model_validate(policy), of, TRUST, given))


@pytest.mark.parametrize(
    ("after", "facts", "weakens"),
    [
        ({**BASE, "c": Spec(body="b3")}, {}, [("c", "")]),
        ({"b": Spec(body="b2")}, {}, [("a", "removed")]),
        (
            {**BASE, "a": Spec(logic="l2", body="b3", version=2)},
            {},
            [("a", "its logic changes: unknown")],
        ),
        ({**BASE, "a": Spec(body="b3")}, {}, [("a", "")]),
        ({**BASE, "a": Spec(mode="shadow")}, {}, [("a", "no longer live")]),
        (BASE, {"title": "t2"}, [("a", "")]),
        (BASE, {"level": "low"}, [("a", "level high becomes low")]),
        (BASE, {"level": ""}, [("a", "level high becomes none")]),
        (BASE, {"level": "critical"}, [("a", "")]),
        (BASE, {}, []),
    ],
)
def test_what_weakens(after: State, facts: dict[str, Any], weakens: list[tuple[str, str]]) -> None:
    assert [(each.key, each.weakens) for each in changes(plan(BASE, after, **facts), {})] == weakens


def test_a_lower_level_does_not_choose_its_approvers() -> None:
    assert changes(plan(BASE, BASE, level="low"), {}) == (
        Change("a", "high", "level high becomes low"),
    )


def test_what_was_in_shadow_weakens_nothing() -> None:
    before = {**BASE, "a": Spec(mode="shadow")}
    after = {**BASE, "a": Spec(logic="l2", body="b3", version=2, mode="shadow")}
    assert [each.weakens for each in changes(plan(before, after), {})] == [""]


@pytest.mark.parametrize(
    ("direction", "weakens"),
    [
        ("wider", ""),
        ("equal", ""),
        ("narrower", "its logic changes: narrower"),
        ("incomparable", "its logic changes: incomparable"),
        ("unknown", "its logic changes: unknown"),
    ],
)
def test_a_direction_decides(direction: str, weakens: str) -> None:
    assert [each.weakens for each in changes(CHANGED, {"id-a": direction})] == [weakens]


def test_to_repair_needs_nobody() -> None:
    repair = build(desired(BASE), release(BASE), Live({}, 4)).plan
    assert repair.steps
    frozen = {"from": NOW, "until": NOW + timedelta(days=1)}
    assert missing({"freezes": [frozen]}, repair) == ""


@pytest.mark.parametrize(
    ("policy", "of", "by", "message"),
    [
        ({}, ADDED, [], "c: needs 1 approval, has 0"),
        ({}, ADDED, ["ada-gh"], ""),
        ({"approvals": 0}, ADDED, [], ""),
        ({"approvers": ["Bob"]}, ADDED, ["ada-gh"], "has 0; Ada is no approver here"),
        ({"approvers": ["Bob"]}, ADDED, ["bob@example.org"], ""),
        ({"approvals": 2}, ADDED, ["ada-gh", "Ada"], "needs 2 approvals, has 1 (Ada)"),
        ({}, ADDED, ["mira@example.org"], "has 0; mira@example.org wrote the change"),
        ({}, ADDED, ["CI@example.org"], "has 0; ci@example.org applies it"),
        ({}, CHANGED, ["Ada"], "a (its logic changes: unknown): needs 2 approvals, has 1 (Ada)"),
        ({}, CHANGED, ["Ada", "Bob"], ""),
        ({"weakening": 0}, CHANGED, ["Ada"], ""),
        ({"levels": {"high": {"approvals": 3}}}, ADDED, ["Ada", "Bob"], "needs 3 approvals, has 2"),
        ({"levels": {"high": {"approvers": ["Ada"]}}}, ADDED, ["Bob"], "of Ada, has 0"),
        ({"levels": {"critical": {"approvals": 3}}}, ADDED, ["Ada"], ""),
    ],
)
def test_who_must_approve(policy: dict[str, Any], of: Plan, by: list[str], message: str) -> None:
    found = missing(policy, of, [approval(name, of) for name in by])
    assert message in found if message else found == ""


def test_authors_and_appliers_are_known_by_any_name() -> None:
    by = [approval("Ada"), approval("Bob")]
    found = missing({}, ADDED, by, authors=["ADA@example.org"], applier=["bob@example.org"])
    assert "Ada wrote the change" in found
    assert "Bob applies it" in found


def test_a_freeze() -> None:
    frozen = {"from": NOW, "until": NOW + timedelta(days=1), "reason": "audit"}
    found = missing({"freezes": [frozen]}, ADDED, [approval("Ada")])
    assert found == "local is frozen until 2026-06-02T12:00:00+00:00: audit"
    over = {"from": NOW - timedelta(days=1), "until": NOW}
    assert missing({"freezes": [over]}, ADDED, [approval("Ada")]) == ""


GLASS = {
    "approvals": 2,
    "break_glass": ["Ada"],
    "freezes": [{"from": NOW, "until": NOW + timedelta(days=1)}],
}
HOUR = timedelta(hours=1)


def emergency(**facts: Any) -> Approval:
    told = {"reason": "attack under way", "until": (NOW + HOUR).isoformat(), **facts}
    return replace(approval("Ada"), **told)


def test_the_glass_is_broken() -> None:
    assert missing(GLASS, ADDED, [emergency()], authors=["Ada"], applier=["Ada"]) == ""


@pytest.mark.parametrize(
    "facts",
    [
        {"reviewer": "Bob"},
        {"reason": ""},
        {"until": NOW.isoformat()},
        {"until": (NOW + 5 * HOUR).isoformat()},
        {"at": (NOW + HOUR).isoformat(), "until": (NOW + 2 * HOUR).isoformat()},
        {"until": ""},
    ],
)
def test_it_is_not_broken(facts: dict[str, Any]) -> None:
    assert missing(GLASS, ADDED, [emergency(**facts)]) != ""


def test_an_emergency_is_no_approval_afterwards() -> None:
    late = emergency(at=(NOW - 2 * HOUR).isoformat(), until=(NOW - HOUR).isoformat())
    assert "has 0" in missing({"break_glass": ["Ada"]}, ADDED, [late])


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, ""),
        ({"plan": "0" * 64}, "it is for another plan"),
        ({"base": "0" * 40}, "the base has moved since"),
        ({"environment": "prod"}, "it is for prod of payments"),
        ({"project": "shop"}, "it is for local of shop"),
    ],
)
def test_an_approval_is_for_one_plan(facts: dict[str, Any], why: str) -> None:
    found = mismatch(approval("Ada", **facts), ADDED)
    assert why in found if why else found == ""


def test_entries_have_levels() -> None:
    assert {entry.level for entry in ADDED.result if isinstance(entry, Entry)} == {"high"}


DAY = {"from": NOW - 2 * HOUR, "until": NOW + 2 * HOUR, "reason": "audit"}
ONE_OF_TWO = [approval("Ada", CHANGED)]
CREW = Trust(people={"Ada": ("ada@example.org",), "Bob": (), "Cleo": (), "Dan": ()})


@pytest.mark.parametrize(
    ("policy", "by", "owes"),
    [
        ({}, [], "needs 2 approvals, has 0"),
        ({}, ["Bob"], "needs 2 approvals, has 1 (Bob)"),
        ({}, ["Bob", "Cleo"], ""),
        ({}, ["Bob", "Ada"], "needs 2 approvals, has 1 (Bob)"),
        ({"approvers": ["Ada", "Bob"]}, [], "needs 1 approval of Bob, has 0"),
        ({"approvers": ["Ada", "Bob"]}, ["Cleo"], "of Bob, has 0; Cleo is no approver here"),
        ({"approvers": ["Ada"]}, [], "needs 1 approval, has 0"),
        ({"approvers": ["Ada"]}, ["Dan"], ""),
        ({"approvals": 0, "weakening": 0}, [], "needs 1 approval, has 0"),
        ({"approvals": 9}, [], "needs 3 approvals, has 0"),
    ],
)
def test_what_others_owe_an_emergency(policy: dict[str, Any], by: list[str], owes: str) -> None:
    """As many as there are besides Ada, who broke the glass of a change that weakens."""
    given = [emergency(), *(approval(name, CHANGED) for name in by)]
    found = owed(
        EnvironmentPolicy.model_validate(policy), CHANGED, CREW, Circumstances(given, (), (), NOW)
    )
    told = "; ".join(found)
    assert owes in told
    assert bool(told) is bool(owes)


SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any], list[Approval]]] = {
    "approvals": ({}, {"approvals": 3}, ONE_OF_TWO),
    "approvers": ({}, {"approvers": ["Bob"]}, ONE_OF_TWO),
    "levels": ({}, {"levels": {"high": {"approvals": 3}}}, ONE_OF_TWO),
    "levels.approvals": (
        {"levels": {"high": {}}},
        {"levels": {"high": {"approvals": 3}}},
        ONE_OF_TWO,
    ),
    "levels.approvers": (
        {"levels": {"high": {}}},
        {"levels": {"high": {"approvers": ["Bob"]}}},
        ONE_OF_TWO,
    ),
    "weakening": ({}, {"weakening": 0}, ONE_OF_TWO),
    "freezes": ({}, {"freezes": [DAY]}, ONE_OF_TWO),
    "freezes.from": (
        {"freezes": [DAY]},
        {"freezes": [{**DAY, "from": NOW + HOUR}]},
        ONE_OF_TWO,
    ),
    "freezes.until": (
        {"freezes": [DAY]},
        {"freezes": [{**DAY, "until": NOW - HOUR}]},
        ONE_OF_TWO,
    ),
    "freezes.reason": (
        {"freezes": [DAY]},
        {"freezes": [{**DAY, "reason": "the year ends"}]},
        ONE_OF_TWO,
    ),
    "break_glass": ({}, {"break_glass": ["Ada"]}, [emergency()]),
    "break_glass_hours": (
        {"break_glass": ["Ada"], "break_glass_hours": 1},
        {"break_glass": ["Ada"], "break_glass_hours": 4},
        [emergency(until=(NOW + 3 * HOUR).isoformat())],
    ),
}
"""A policy, the same with another value of the setting, and who approves a change that weakens."""


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_changes_changes_what_is_missing(name: str) -> None:
    before, after, given = SETTINGS[name]
    assert missing(before, CHANGED, given) != missing(after, CHANGED, given)
