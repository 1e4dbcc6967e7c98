"""`tocsin noise`, and what plans say of it: from a database, from a server, from neither."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

import pytest
from click.testing import CliRunner

from asking import keep, served, token
from deploying import git
from patience import SECONDS
from raised_alerts import raised
from tocsin.app.noise import read_report
from tocsin.cli.commands.noise import sparkline
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin.gate import UnreadError
from tocsin_client import Client
from tocsin_server.auth.role import Role
from tocsin_server.database import Database, now_ms
from unit.cli.payments import Run, fails, rule

REFUND = str(uuid5(NAMESPACE_DNS, "refund-abroad"))
SAID = "2.0 alerts a day over 14 days, 50% false positives"
DAY = 86_400_000


@pytest.fixture
def database(root: Path) -> Database:
    """28 alerts of one detection in 14 findings, of which four are judged, two as false."""
    file = root / "detections" / ".tocsin" / "server.db"
    file.parent.mkdir()
    found = Database(f"sqlite:///{file}")
    found.upgrade()
    now = now_ms()
    told = {"detection": REFUND, "title": "Refund", "environment": "local"}
    each = [(n, now - n * DAY, m) for n in range(14) for m in range(2)]
    keep(found, [raised(f"e{n}-{m}", at, user=f"u{n}", **told) for n, at, m in each])
    with served(found) as address, Client(address, token(found, Role.ANALYST)) as client:
        for finding, said in zip(client.findings(), ("false_positive", "benign") * 2, strict=False):
            client.change(client.finding(finding.id), disposition=said)
    return found


def test_from_the_database_of_the_project(run: Run, database: Database, root: Path) -> None:
    database.close()
    told = run("noise").stdout.splitlines()
    assert told[0].split("  ")[0] == "alerts a day"
    assert told[1].split() == ["2.0", "1.0", "50%", "71%", "Refund"]
    [found] = json.loads(run("noise --format json").stdout)["detections"]
    assert (found["detection"], found["trend"]) == (REFUND, [2] * 14)
    (root / "noise.json").write_text(run("noise --format json").stdout)
    assert read_report(root / "noise.json").of(REFUND)
    assert "no alerts of staging in the last 3 days" in run("noise --days 3", env="staging").stderr


def test_an_environment_that_is_not_there(database: Database) -> None:
    database.close()
    with pytest.raises(ConfigError, match="no environment 'loca'") as caught:
        main_group.main(["noise", "--env", "loca"], standalone_mode=False)
    assert "did you mean 'local'?" in caught.value.hint


def test_from_a_server(
    run: Run, database: Database, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READS", token(database, Role.READER))
    with served(database) as address:
        (root / "detections/.tocsin/server.db").rename(root / "elsewhere.db")
        asked = f"--server {address} --token env:READS"
        assert "50%" in run(f"noise {asked}").stdout
        error = fails(f"noise --server {address} --token tocsin_abc")
        assert "--token takes a reference" in str(error)
    database.close()


def test_a_plan_tells_it_of_what_it_changes(run: Run, database: Database, root: Path) -> None:
    database.close()
    run("apply --yes")
    rule(root, "refund-abroad", "action: refund.begin")
    rule(root, "payout-changed", "action: payout.change")
    rule(root, "new-one", "action: new")
    lines = {line.split()[1]: line for line in run("plan").stdout.splitlines() if line[0] in "+~"}
    assert SAID in lines["refund-abroad"]
    assert "no alerts in 14 days" in lines["payout-changed"]
    assert "alerts" not in lines["new-one"]
    told = json.loads(run("plan --format json").stdout)["noise"]
    assert [each["detection"] for each in told["detections"]] == [REFUND]
    assert SAID in run("plan --format markdown").stdout


def test_a_review_tells_what_a_file_says(run: Run, database: Database, root: Path) -> None:
    database.close()
    run("apply --yes")
    (root / "noise.json").write_text(run("noise --format json").stdout)
    rule(root, "refund-abroad", "action: refund.begin")
    git(root, "commit", "-qam", "change")
    run("review make --base HEAD^ --noise noise.json --out review.json")
    told = CliRunner().invoke(main_group, ["review", "comment", "review.json"]).stdout
    assert SAID in told


def test_a_plan_goes_on_without_a_server(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("apply --yes")
    rule(root, "refund-abroad", "action: refund.begin")
    assert "alerts a day" not in run("plan").stdout
    assert not (root / "detections/.tocsin/server.db").exists()
    monkeypatch.setenv("TOCSIN_TOKEN", "t")
    away = run("plan --server http://127.0.0.1:1")
    assert away.stderr.count("how much these detections said is not known") == 1
    assert "1 changed" in away.stdout
    assert "not known" in run("plan --database sqlite:////nowhere/a.db").stderr


def test_without_any_database(root: Path) -> None:
    error = fails("noise")
    assert isinstance(error, ConfigError)
    assert "tocsin serve" in error.hint
    assert not (root / "detections/.tocsin").exists()


@pytest.mark.parametrize("text", ["[]", "{}", '{"form": 2}', "nonsense"])
def test_files_that_are_no_report(tmp_path: Path, text: str) -> None:
    (tmp_path / "noise.json").write_text(text)
    with pytest.raises((ConfigError, UnreadError)):
        read_report(tmp_path / "noise.json")


@pytest.mark.parametrize(
    ("trend", "drawn"), [((), ""), ((0, 0), "▁▁"), ((0, 1, 700), "▁▂█"), ((3, 3), "██")]
)
def test_a_sparkline(trend: tuple[int, ...], drawn: str) -> None:
    assert sparkline(trend) == drawn


def test_on_a_terminal_it_has_a_trend(root: Path, database: Database) -> None:
    database.close()
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "tocsin", "noise", "--env", "local"]
    subprocess.run(words, cwd=root, stdout=theirs, check=True, timeout=SECONDS)
    text = os.read(ours, 10_000).decode()
    for end in (ours, theirs):
        os.close(end)
    assert "█" * 14 in text
