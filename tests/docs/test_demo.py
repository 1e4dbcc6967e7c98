"""`make demo` as its script runs it, from the first step to the last."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from patience import SECONDS

ROOT = Path(__file__).resolve().parents[2]
STEPS = 11


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo, and all that it said; it has a cache, as a user's run has."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    cache = {"TOCSIN_NO_CACHE": "", "TOCSIN_CACHE": str(folder.parent / "cache")}
    done = subprocess.run(
        ["bash", str(ROOT / "docs/demo.sh"), str(folder)],
        env={**os.environ, **cache},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return folder, done.stdout + done.stderr


def test_every_step_is_made(said: tuple[Path, str]) -> None:
    _, text = said
    assert re.findall(r"^(\d+)\. ", text, re.MULTILINE) == [str(n + 1) for n in range(STEPS)]
    assert "Traceback" not in text
    assert "\x1b" not in text  # no colours into a pipe


def test_what_is_shown_is_so(said: tuple[Path, str]) -> None:
    folder, text = said
    assert "64 detections without errors, 16 rules that only serve correlations" in text
    assert "limit-raised-without-approval v1 → v2" in text
    assert "limit-raised-without-approval v2 → v1" in text
    assert "live state: as released" in text
    assert re.search(
        r"local: 3 releases, \d+ artifacts: digests and chain fit; unproven: no trust file",
        text,
    )
    assert (folder / "coverage/index.html").read_text("utf-8").count("T1") > 10


def test_each_step_of_the_attack_is_found_and_honest_work_is_not(said: tuple[Path, str]) -> None:
    """But for look-alikes that say so: an analyst reads few alerts, and reads the whole attack."""
    folder, text = said
    lines = (folder / ".tocsin/local/alerts.jsonl").read_text("utf-8").splitlines()
    alerts = [json.loads(line)["data"] for line in lines]
    sources = {alert["metadata"]["log_name"] for alert in alerts}
    attack, lookalikes = (
        yaml.safe_load((ROOT / f"docs/demo/{name}.yml").read_text("utf-8"))
        for name in ("attack", "lookalikes")
    )
    honest = sum(step.get("alerts", 0) for step in lookalikes)
    assert {step["source"] for step in attack} == sources
    assert len(sources) == 8
    found = re.search(
        r"^(\d+) alerts on [\d,]+ events: (\d+) of the attack, (\d+) of", text, re.MULTILINE
    )
    assert found
    assert [int(n) for n in found.groups()] == [len(alerts), len(alerts) - honest, honest]
    assert len(attack) < len(alerts) < 50
    assert not (folder / ".tocsin/local/dead-letters.jsonl").exists()


def test_it_ends_with_a_queue_of_findings(said: tuple[Path, str]) -> None:
    folder, text = said
    found = re.search(r"^(\d+) open findings of (\d+) alerts, at http://127", text, re.MULTILINE)
    assert found
    findings, alerts = map(int, found.groups())
    lines = (folder / ".tocsin/local/alerts.jsonl").read_text("utf-8").splitlines()
    assert 20 < findings <= alerts == len(lines)
    assert (folder / "token").read_text().strip() not in text  # a recording tells it nobody


def test_what_the_readme_shows_of_it_is_so(said: tuple[Path, str]) -> None:
    _, text = said
    shown = [
        line
        for line in (ROOT / "README.md").read_text("utf-8").splitlines()
        if re.match(r"\d\d:\d\d  |\d+ alerts on ", line)
    ]
    assert len(shown) == 5
    assert [line for line in shown if line not in text.splitlines()] == []
    assert max(map(len, re.findall(r"^\d\d:\d\d  .*", text, re.MULTILINE))) <= 120
