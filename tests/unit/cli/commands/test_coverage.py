"""`tocsin coverage`."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from conftest import Tocsin
from coverage_content import entries, release, write_project
from tocsin.state.git_ledger import GitLedger
from unit.report.small_report import RULES


def test_command_on_a_project_and_on_an_environment(tmp_path: Path, tocsin: Tocsin) -> None:
    project = write_project(tmp_path / "detections", *RULES)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    out = tmp_path / "out" / "deep"
    done = tocsin("coverage", "--out", out, cwd=tmp_path)
    assert done.code == 0, done.stderr
    assert "shop · ATT&CK v19" in done.stdout
    assert re.search(r"Persistence +[━·]+ +2 of 22", done.stdout)
    assert sorted(p.name for p in out.iterdir()) == [
        "coverage.json",
        "index.html",
        "navigator.json",
    ]

    unborn = tocsin("coverage", "--out", out, "--env", "local", cwd=tmp_path)
    assert (unborn.code, "no release yet" in unborn.stderr) == (2, True)

    found = entries(project)
    ledger = GitLedger(tmp_path, "local", project="shop")
    files = {f"artifacts/{e.path}": b"x" for e in found}
    first = ledger.commit(release(1, "2026-11-01T10:00:00Z", found[:1]), files)
    ledger.commit(release(2, "2026-11-05T10:00:00Z", found, first.commit), files)
    at = ("--env", "local", "--at", "2026-11-03", "--format", "json")
    then = tocsin("coverage", "--out", out, *at, cwd=tmp_path)
    assert json.loads(then.stdout)["figures"]["detections"] == 1
    told = json.loads((out / "coverage.json").read_text("utf-8"))
    assert (told["environment"], told["release"], told["at"]) == ("local", 1, "2026-11-03")
    assert told["detections"][0]["deployed"] == {
        "mode": "live",
        "release": 1,
        "since": "2026-11-01T10:00:00Z",
    }


def test_command_refuses_what_makes_no_sense(tmp_path: Path, tocsin: Tocsin) -> None:
    write_project(tmp_path, RULES[0])
    timeless = tocsin("coverage", "--out", tmp_path / "out", "--at", "2026-11-03", cwd=tmp_path)
    assert (timeless.code, "--at needs --env" in timeless.stderr) == (2, True)
    (tmp_path / "rules" / "broken.yml").write_text("title: [", "utf-8")
    broken = tocsin("coverage", "--out", tmp_path / "out", cwd=tmp_path)
    assert (broken.code, "broken.yml" in broken.stderr) == (1, True)
    assert not (tmp_path / "out").exists()
