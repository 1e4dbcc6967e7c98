"""Checks of correlations and of the rules below them."""

from __future__ import annotations

from pathlib import Path

import pytest

from correlating import (
    correlation,
    load,
    other,
)
from tocsin.check import run_checks


def test_checks_ask_nothing_of_what_raises_no_alerts(tmp_path: Path) -> None:
    found = run_checks(load(tmp_path, correlation(rules="[a, b]")))
    assert {each.code for each in found if each.rule != "main"} == set()
    assert {"TOC101", "TOC102", "TOC103", "TOC105", "TOC106", "TOC115", "TOC116"} == {
        each.code for each in found
    }


@pytest.mark.parametrize(
    ("times", "expect", "codes"),
    [
        (["0s", "10m", "10m"], "{alerts: 1}", set()),
        (["0s", "5m", "601s"], "{alerts: 1}", {"TOC113"}),
        (["0s", "5m"], "{events: [1]}", {"TOC113"}),
        (["0s", "5m"], "{alerts: 0}", set()),
        (["0s", "1s", "2s"], "{alerts: 7}", {"TOC113"}),
        (["0s", "1s", "2s"], "{alerts: 6}", set()),
    ],
)
def test_cases_that_no_window_holds(
    times: list[str], expect: str, codes: set[str], tmp_path: Path
) -> None:
    events = "".join(f"{{at: {time}, action: a}}, " for time in times)
    text = (
        correlation() + f"tocsin: {{tests: [{{name: x, events: [{events}], expect: {expect}}}]}}\n"
    )
    found = {each.code for each in run_checks(load(tmp_path, text))}
    assert found & {"TOC113"} == codes


def test_two_correlations_of_the_same_meaning(tmp_path: Path) -> None:
    text = correlation() + other("twin", "[a, b]")
    [found] = [each for each in run_checks(load(tmp_path, text)) if each.code == "TOC108"]
    assert text.splitlines()[found.span.line - 1] == "correlation:"
