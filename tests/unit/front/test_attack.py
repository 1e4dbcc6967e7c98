"""The shipped ATT&CK data and the script that makes it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from tocsin.front.attack import attack_data, load_attack, parse_strategies
from tocsin.front.project import load_project
from tocsin.model.attack import is_technique_id
from tools.attack_strategies import strategies
from tools.vendor_attack import retired

DETECTIONS = Path(__file__).parents[3] / "detections"


def test_is_version_19_whole() -> None:
    attack = load_attack()
    whole = [t for t in attack.techniques.values() if t.parent == t.id]
    assert attack.version == "19"
    assert (len(whole), len(attack.techniques) - len(whole)) == (222, 475)
    names = [t.shortname for t in attack.tactics]
    assert len(names) == 15
    assert (names[0], names[6:8], names[-1]) == (
        "reconnaissance",
        ["stealth", "defense-impairment"],
        "impact",
    )


def test_refers_to_nothing_that_is_missing() -> None:
    attack = load_attack()
    tactics = {t.shortname for t in attack.tactics}
    for technique in attack.techniques.values():
        assert technique.tactics
        assert tactics.issuperset(technique.tactics)
        assert technique.parent in attack.techniques
    assert all(r.successor in {"", *attack.techniques} for r in attack.retired.values())
    assert not attack.retired.keys() & attack.techniques.keys()
    assert tactics.issuperset(attack.retired_tactics["defense-evasion"])


def test_looks_up_in_any_case() -> None:
    attack = load_attack()
    assert (found := attack.technique("t1098.001"))
    assert (found.parent, found.tactics) == ("T1098", ("persistence", "privilege-escalation"))
    assert attack.technique("T9999") is None
    assert attack.tactic("TA0112") == attack.tactic("defense-impairment")
    assert attack.tactic("defense-evasion") is None
    assert "T1098.001" in [t.id for t in attack.children("t1098")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("t1562.001", "T1685"),  # kept its name in version 19
        ("T1562.008", "T1685.002"),  # renamed in version 19
        ("T1086", "T1059.001"),  # revoked long before
        ("T1089", "T1685"),  # revoked in favour of what version 19 moved again
        ("T1562", ""),  # split up
        ("T1064", ""),  # deprecated
    ],
)
def test_knows_what_became_of_old_techniques(old: str, new: str) -> None:
    found = load_attack().retired_technique(old)
    assert found
    assert found.successor == new


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("T1098", True), ("t1098.001", True), ("TA0001", False), ("T109", False), ("T1098.1", False)],
)
def test_form_of_an_id(text: str, is_one: bool) -> None:  # noqa: FBT001 - a parameter of a case
    assert is_technique_id(text) is is_one


def test_successors_follow_chains_and_survive_circles() -> None:
    now = {"T3": {"id": "T3", "name": "Third"}}
    before = [
        {"stix_id": "a", "external_id": "T1", "name": "First"},
        {"stix_id": "b", "external_id": "T2", "name": "Third"},
        {"stix_id": "c", "external_id": "T4", "name": "Round"},
        {"stix_id": "d", "external_id": "T5", "name": "And round"},
    ]
    found = retired(now, before, {"a": "b", "c": "d", "d": "c"})
    assert {id_: successor for id_, (_, successor) in found.items()} == {
        "T1": "T3",
        "T2": "T3",
        "T4": "",
        "T5": "",
    }


def test_our_own_detections_use_this_version() -> None:
    attack = load_attack()
    for query in load_project(DETECTIONS).queries:
        for tag in query.detection.meta.tags:
            if tag.startswith("attack."):
                word = tag.removeprefix("attack.")
                assert attack.technique(word) or attack.tactic(word), (query.detection.key, tag)


def test_ships_the_licence_of_the_data() -> None:
    notice = (files("tocsin.front") / "data" / "ATTACK-NOTICE.txt").read_text("utf-8")
    assert "royalty-free license to use" in notice
    assert "permission of" in notice


def test_tags_name_techniques_in_any_case_and_once() -> None:
    tags = ("attack.T1098.003", "attack.t1098.003", "attack.persistence", "t1078", "attack.t9999")
    assert load_attack().named(tags) == ("T1098.003",)


def test_ships_strategies_with_the_names_of_logs() -> None:
    known = parse_strategies(attack_data())
    assert known is not None
    techniques = load_attack().techniques
    every = [each for own in known.by_technique.values() for each in own]
    assert (known.version, len(every), known.by_technique.keys() <= techniques.keys()) == (
        "18.1",
        689,
        True,
    )
    [logging] = [
        each for each in every if each.technique == "T1685.002"
    ]  # T1562.008 in its version
    assert "AWS:CloudTrail" in {name for a in logging.analytics for name in a.log_sources}
    assert parse_strategies(b'{"version": "17"}') is None


def test_strategies_are_told_under_the_technique_of_today() -> None:
    log = {"name": "WinEventLog:Sysmon ", "channel": "EventCode=3, 22"}
    prose = {"name": "auditd:SYSCALL", "channel": "execve of a shell"}
    analytics = [
        {
            "stix_id": "a",
            "external_id": "AN1",
            "platforms": ["Windows"],
            "log_source_references": [log],
        },
        {
            "stix_id": "b",
            "external_id": "AN2",
            "platforms": ["Linux"],
            "log_source_references": [prose],
        },
    ]
    told = [
        {
            "stix_id": "s",
            "external_id": "DET2",
            "name": "x",
            "analytic_refs": ["a", "b"],
            "revoked": False,
        },
        {
            "stix_id": "t",
            "external_id": "DET1",
            "name": "gone",
            "analytic_refs": ["a"],
            "revoked": False,
        },
        {
            "stix_id": "u",
            "external_id": "DET3",
            "name": "old",
            "analytic_refs": ["a"],
            "revoked": True,
        },
    ]
    objects = {"analytics": analytics, "detection_strategies": told}
    now = {"T1": "T2"}
    found = strategies(objects, {"s": "T1", "t": "T9", "u": "T1"}, lambda id_: now.get(id_, ""))
    assert found["log_sources"] == ["WinEventLog:Sysmon EventCode=3, 22", "auditd:SYSCALL"]
    assert found["strategies"] == {
        "DET2": ["T2", "x", [["AN1", ["Windows"], [0]], ["AN2", ["Linux"], [1]]]]
    }
