"""What a change reaches is tested, and a file is validated as a part of its project."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from git import Repo  # noqa: TID251 - a history to compare with

from authoring import OTHER_ID, SOURCE, project, rule, write
from tocsin.cli.main import main_group

FOLDER = Path(__file__).parent / "security"
CASE = {"name": "fires", "events": [{"action": "refund"}], "expect": {"alerts": 1}}
ORDER = {"name": "order", "title": "Order", "id": OTHER_ID}
BASE = {
    "refund.yml": rule(name="refund", tocsin={"tests": [CASE]}),
    "order.yml": rule(
        **ORDER,
        detection={"s": {"action|expand": "%acts%"}, "condition": "s"},
        tocsin={"tests": [{**CASE, "events": [{"action": "order"}]}]},
    ),
    "both.yml": {
        "title": "Both",
        "name": "both",
        "correlation": {
            "type": "event_count",
            "rules": ["refund"],
            "timespan": "5m",
            "condition": {"gte": 1},
            "generate": True,
        },
        "tocsin": {"tests": [CASE]},
    },
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = project(tmp_path / "p", BASE)
    write(made / "placeholders/acts.txt", "order\n")
    with Repo.init(made) as repo:
        repo.git.add("-A")
        repo.git.execute(
            ["git", "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "x"]
        )
    monkeypatch.chdir(made)
    return made


def _filter(root: Path) -> None:
    text = (FOLDER / "filter_silences_all.yml").read_text("utf-8")
    write(root / "rules/filter.yml", text.replace("product: app", "product: shop"))


def _placeholder(root: Path) -> None:
    write(root / "placeholders/acts.txt", "other\n")


def _source(root: Path) -> None:
    write(root / "sources/shop.yml", SOURCE.replace("lateness: 5m", "lateness: 6m"))


def _base(root: Path) -> None:
    detection = {"s": {"action": ["refund", "x"]}, "condition": "s"}
    write(
        root / "rules/refund.yml",
        rule(name="refund", detection=detection, tocsin={"tests": [CASE]}),
    )


def _title(root: Path) -> None:
    write(root / "rules/order.yml", {**BASE["order.yml"], "title": "Another"})


def _settings(root: Path) -> None:
    write(root / "tocsin.toml", '[project]\nname = "other"\n')


@pytest.mark.parametrize(
    ("change", "reached"),
    [
        (_filter, {"refund", "order", "both"}),
        (_placeholder, {"order"}),
        (_source, {"refund", "order", "both"}),
        (_base, {"refund", "both"}),
        (_title, set()),
        (_settings, {"refund", "order", "both"}),
    ],
)
def test_what_a_change_reaches(
    root: Path, change: Callable[[Path], None], reached: set[str]
) -> None:
    change(root)
    done = CliRunner().invoke(
        main_group, ["test", "--changed-since", "HEAD", "--format", "json"], catch_exceptions=False
    )
    verdicts = json.loads(done.stdout)
    assert {each["key"] for each in verdicts} == reached
    assert done.exit_code == (change in (_filter, _placeholder))


def test_a_filter_that_is_taken_away_reaches_too(root: Path) -> None:
    _filter(root)
    with Repo(root) as repo:
        repo.git.add("-A")
        repo.git.execute(
            ["git", "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "y"]
        )
    (root / "rules/filter.yml").unlink()
    done = CliRunner().invoke(
        main_group, ["test", "--changed-since", "HEAD", "--format", "json"], catch_exceptions=False
    )
    assert len(json.loads(done.stdout)) == 3


def _validated(*paths: str) -> list[tuple[str, str]]:
    done = CliRunner().invoke(
        main_group, ["validate", *paths, "--format", "json"], catch_exceptions=False
    )
    return [(each["file"], each["code"]) for each in json.loads(done.stdout)]


def test_a_file_is_validated_within_its_project(root: Path) -> None:
    shutil.copy(root / "rules/refund.yml", root / "rules/copy.yml")
    write(
        root / "rules/misspelt.yml",
        rule(
            id="7e0b5c1c-3a55-4a1e-9d0e-2f8b1c7d0a09",
            detection={"s": {"acton": "a"}, "condition": "s"},
        ),
    )
    said = _validated("rules/misspelt.yml")
    assert ("rules/misspelt.yml", "TOC047") in said
    assert {file for file, _ in said} == {"rules/misspelt.yml"}
    assert ("rules/refund.yml", "TOC040") in _validated("rules/copy.yml")
    assert ("rules/refund.yml", "TOC040") in _validated("rules/refund.yml")
    assert ("rules/order.yml", "TOC101") in _validated("rules/order.yml")
    assert _validated("sources/shop.yml") == []
