"""What a release records of its making."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from deploying import git
from tocsin.app.ci_run import ci_run
from tocsin.canonical import digest_bytes
from tocsin.progress import Progress, TimedProgress
from unit.cli.payments import Run, rule

GITHUB = {
    "GITHUB_SERVER_URL": "https://github.example.org",
    "GITHUB_REPOSITORY": "payments/detections",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "2",
}
RUN = "https://github.example.org/payments/detections/actions/runs/77/attempts/2"


def facts(root: Path) -> dict[str, Any]:
    return dict(json.loads(git(root, "show", "tocsin/local:release.json"))["facts"])


@pytest.mark.parametrize(
    ("given", "run"),
    [
        ({}, ""),
        (GITHUB, RUN),
        (
            {"CI_JOB_URL": "https://gitlab.example.org/-/jobs/1"},
            "https://gitlab.example.org/-/jobs/1",
        ),
        ({**GITHUB, "TOCSIN_RUN": "nightly 3"}, "nightly 3"),
        ({"TOCSIN_RUN": "two\nlines"}, ""),
        ({"TOCSIN_RUN": "x" * 501}, ""),
    ],
)
def test_the_run_of_ci(given: dict[str, str], run: str) -> None:
    assert ci_run(given) == run


def test_an_apply_tells_of_itself(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GITHUB.items():
        monkeypatch.setenv(name, value)
    path = rule(root, "payout-changed")
    path.write_text(path.read_text() + "tags: [attack.t1098, attack.t9999]\n")
    rule(root, "refund-abroad", "action: refund", mode="shadow")
    run("apply --yes")
    told = facts(root)
    assert told["run"] == RUN
    assert (told["detections"], told["techniques"]) == (1, 1)
    data = files("tocsin.front") / "data" / "attack-v19.json"
    assert told["data"] == {data.name: digest_bytes(data.read_bytes())}
    assert told["checks"]["TOC102"] >= 1
    assert set(told["seconds"]) >= {"reading the project", "compiling", "switching to release 1"}
    run("verify --record")
    row = json.loads(run("history --attempts --format json").stdout)[0]
    assert row["event"]["run"] == RUN


def test_a_rollback_tells_of_itself(run: Run, root: Path) -> None:
    run("apply --yes")
    rule(root, "payout-changed", "action: payout.replace")
    run("apply --yes")
    run("rollback --to 1 --yes")
    told = facts(root)
    assert (told["detections"], told["checks"]) == (2, {})
    assert "reading the project" not in told["seconds"]


def test_stages_are_measured_and_shown() -> None:
    class Shown(Progress):
        def __init__(self) -> None:
            self.notes: list[str] = []

        def notify(self, note: str) -> None:
            self.notes.append(note)

    shown = Shown()
    timed = TimedProgress(shown)
    timed.notify("hello")
    with timed.stage("outer"):
        assert list(timed.track([1, 2], "inner")) == [1, 2]
    with pytest.raises(ValueError, match="x"), timed.stage("broken"):
        raise ValueError("x")
    assert list(timed.seconds) == ["inner", "outer", "broken"]
    assert all(seconds >= 0 for seconds in timed.seconds.values())
    assert shown.notes == ["hello"]
    assert Progress().seconds == {}
