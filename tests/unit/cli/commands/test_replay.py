"""`tocsin replay`: the same alert from recorded bytes, what differs, and what is missing for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from asking import keep
from authoring import project, rule, write
from deploying import git
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin_server.database import Database
from unit.cli.test_correlations import many, refund, stream

SETTINGS = """
[project]
name = "shop"
[environments.local]
kind = "local"
backend = "batch-sql"
"""
CHAIN_ID = "6b1f6a1e-0a69-4d0f-8a55-2f0a9d1c7e12"
CHAIN = many(
    title="Many refunds again and again",
    id=CHAIN_ID,
    name="chain",
    correlation={
        "type": "event_count",
        "rules": ["many_refunds"],
        "group-by": ["user.name"],
        "timespan": "1h",
        "condition": {"gte": 2},
    },
    tocsin={"owner": "shop"},
)
SINGLE = rule(
    title="Void",
    id="7b1f6a1e-0a69-4d0f-8a55-2f0a9d1c7e13",
    detection={"s": {"action": "void"}, "condition": "s"},
    tocsin={"owner": "shop", "alert": {"dedup": {"by": ["user.name"], "for": "1h"}}},
)
ODD = {"action": "void", "n": 1e300, "deep": {"k": [None, -0.0]}, "user": {"name": "b\N{SNOWMAN}b"}}


@pytest.fixture(scope="module")
def raised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose local environment raised alerts: of one event, of three, of a chain."""
    root = project(tmp_path_factory.mktemp("replay") / "p", {"single.yml": SINGLE})
    write(root / "tocsin.toml", SETTINGS)
    rules = {"refund": refund(), "many": many(), "chain": CHAIN}
    for name, each in rules.items():
        write(root / f"rules/{name}.yml", each)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-q", "-m", "first")
    seen = stream(*((at, "ada") for at in (0, 20, 40, 60)))
    seen.append({**stream((70, None))[0], **ODD})
    write(root / "events.jsonl", "".join(json.dumps(each) + "\n" for each in seen))
    for words in ("apply --yes", f"worker --events {root}/events.jsonl"):
        made = CliRunner().invoke(
            main_group, [*words.split(), "--env", "local", "--project", str(root)]
        )
        assert made.exit_code == 0, made.output
    return root


@pytest.fixture
def root(raised: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, the current folder."""
    monkeypatch.chdir(shutil.copytree(raised, tmp_path / "p"))
    return tmp_path / "p"


def alerts(root: Path, title: str) -> list[dict[str, Any]]:
    lines = (root / ".tocsin/local/alerts.jsonl").read_text().splitlines()
    return [found for line in lines if (found := json.loads(line))["data"]["message"] == title]


def again(alert: dict[str, Any] | str, *words: str) -> Result:
    Path("alert.json").write_text(
        alert if isinstance(alert, str) else json.dumps(alert, separators=(",", ":"))
    )
    return CliRunner().invoke(main_group, ["replay", "alert.json", "--env", "local", *words])


@pytest.mark.parametrize("title", ["Void", "Many Refunds of One User"])
def test_the_same_alert(root: Path, title: str) -> None:
    for alert in alerts(root, title):
        told = again(alert, "--format", "json")
        found = json.loads(told.stdout)
        assert (found["same"], told.exit_code) == (True, 0), found
        assert found["id"]["replayed"] == alert["id"]
        assert found["payload"]["replayed"] == found["payload"]["recorded"]


def test_a_chain_takes_the_events_of_all_of_it(root: Path) -> None:
    [alert] = alerts(root, "Many refunds again and again")
    told = again(alert)
    assert "it correlates the matches of correlations: give the events" in told.stdout
    assert told.exit_code == 1
    told = again(alert, "--events", "events.jsonl")
    assert told.exit_code == 0, told.stdout
    assert "payload: same" in told.stdout


def test_an_alert_that_a_server_keeps(root: Path) -> None:
    [alert] = alerts(root, "Void")
    database = Database(f"sqlite:///{root}/alerts.db")
    database.upgrade()
    keep(database, [json.dumps(alert, separators=(",", ":")).encode()])
    database.close()
    words = ["--env", "local", "--database", f"sqlite:///{root}/alerts.db"]
    assert CliRunner().invoke(main_group, ["replay", alert["id"], *words]).exit_code == 0
    error = CliRunner().invoke(main_group, ["replay", "0" * 64, *words]).exception
    assert isinstance(error, ConfigError)
    assert "there is no alert 000" in error.message


def changed(alert: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    *above, last = path.split(".")
    place = alert
    for name in above:
        place = place[int(name)] if isinstance(place, list) else place[name]
    place[last] = value
    return alert


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("data.evidences.0.data.action", "refund", "differs: nothing matches"),
        ("data.evidences.0.data.n", 2, "differs: id"),
        ("data.message", "Payout", "differs: data.message"),
        ("data.unmapped.tocsin.release", 7, "release 7 is not in the ledger of local"),
        ("data.unmapped.tocsin.logic", "0" * 64, "has this detection with the logic 00000000"),
        ("data.unmapped.tocsin.environment", "prod", "of project shop, environment prod"),
        ("data.unmapped.tocsin.event_count", 9, "shows 1 of the 9 events"),
        ("data.evidences", [], "shows 0 of the 1 events"),
    ],
)
def test_what_differs_or_is_missing(root: Path, path: str, value: object, said: str) -> None:
    [alert] = alerts(root, "Void")
    told = again(changed(alert, path, value))
    assert told.exit_code == 1
    assert said in told.stdout


def test_another_version_of_tocsin_made_it(root: Path) -> None:
    [alert] = alerts(root, "Void")
    assert again(changed(alert, "data.metadata.product.version", "0.0.1")).exit_code == 0


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nonsense", '{"id": "x"}', "[" * 100_000, '{"id": "' + "0" * 64 + '"}']
)
def test_what_is_no_alert(root: Path, text: str) -> None:
    assert root == Path.cwd()
    error = again(text).exception
    assert isinstance(error, ConfigError)
    assert "no alert of Tocsin" in error.message


def test_on_stdin(root: Path) -> None:
    [alert] = alerts(root, "Void")
    text = json.dumps(alert, separators=(",", ":"))
    told = CliRunner().invoke(main_group, ["replay", "-", "--env", "local"], input=text)
    assert told.exit_code == 0, told.output
