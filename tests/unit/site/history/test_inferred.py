"""Which analytics of ATT&CK a detection may be one of: of its techniques, by its log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from small_history import small_history
from tocsin.model.attack_strategies import Analytic, AttackStrategies, DetectionStrategy
from tocsin.site.history.inferred import inferred
from tocsin.site.history.log_names import same_log
from tocsin.site.history.model import History

OURS = AttackStrategies(
    "0",
    {
        "T1098.003": (
            DetectionStrategy(
                *("DET1", "T1098.003", "Made by us"),
                (
                    Analytic("AN1", ("IaaS",), ("AWS:CloudTrail", "saas:okta")),
                    Analytic("AN2", (), ()),
                ),
            ),
        ),
        "T1003": (
            DetectionStrategy("DET2", "T1003", "x", (Analytic("AN3", (), ("AWS:CloudTrail",)),)),
        ),
    },
)


def told(logsource: str | None, known: AttackStrategies | None = OURS) -> tuple[str, ...] | None:
    history: History = small_history()
    history = replace(history, attack=replace(history.attack, strategies=known))
    found = inferred(history, replace(history.detections[0], logsource=logsource))
    return None if found is None else tuple(f"{e.analytic.id} {', '.join(e.names)}" for e in found)


def test_by_technique_and_log() -> None:
    assert told("product=aws, service=cloudtrail") == ("AN1 AWS:CloudTrail",)
    assert told("product=okta, service=okta") == ("AN1 saas:okta",)
    assert told("product=payments") == ()


def test_without_a_log_source_or_strategies_there_is_no_record() -> None:
    assert told(None) is None
    assert told("product=okta, service=okta", None) is None


@pytest.mark.parametrize(
    ("logsource", "name", "same"),
    [
        ("product=windows, category=process_creation", "WinEventLog:Sysmon EventCode=1", True),
        ("product=windows, category=process_creation", "WinEventLog:Sysmon EventCode=11", False),
        (
            "product=windows, category=network_connection",
            "WinEventLog:Sysmon EventCode=3, 22",
            True,
        ),
        ("product=windows, category=process_creation", "WinEventLog:Sysmon", False),
        ("product=windows, service=security", "WinEventLog:Security EventCode=4688", True),
        ("product=linux, category=process_creation", "WinEventLog:Sysmon EventCode=1", False),
        ("product=linux, service=auditd", "auditd:SYSCALL", True),
        ("product=aws, service=cloudtrail", "AWS:CloudTrail", True),
        ("product=aws, service=cloudtrail", "AWS:VPCFlowLogs", False),
        ("category=webserver", "apache:access_log", True),
        ("", "apache:access_log", False),
        ("product=, service", "AWS:CloudTrail", False),
    ],
)
def test_one_log_has_two_names(logsource: str, name: str, *, same: bool) -> None:
    assert same_log(logsource, name) is same
