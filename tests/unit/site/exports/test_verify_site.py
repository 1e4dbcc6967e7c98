"""A site against the ledger of the project that is here, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.site_ledger import ENVIRONMENT, PROJECT, Shape, write
from deploying import git
from tocsin.canonical import digest_bytes
from tocsin.cli.commands.verify import verify
from tocsin.site.exports.files import export_files
from tocsin.site.exports.manifest import FILE, manifest
from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.read import read_history
from tocsin.state.git_ledger import GitLedger


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Of a made-up ledger in the folder `project`."""
    project, folder = tmp_path / "project", tmp_path / "site"
    project.mkdir()
    write(project, Shape(detections=4, releases=4))
    history = read_history(GitLedger(project, ENVIRONMENT, project=PROJECT), AskedPeriod())
    files = dict(export_files(history))
    digests = {path: digest_bytes(data) for path, data in files.items()}
    for path, data in {**files, FILE: manifest(history, digests)}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def _verify(site: Path, *more: str, code: int = 0) -> str:
    project = site.parent / "project"
    ran = CliRunner().invoke(verify, [str(site), "--project", str(project), *more])
    assert ran.exit_code == code, ran.output
    return ran.output


def test_the_ledger_holds_what_the_site_is_from(site: Path) -> None:
    said = _verify(site)
    assert "all as in the manifest; unproven: no trust file was given" in said
    assert "it was made from the last commit" in said


def test_a_ledger_that_was_cut_is_another(site: Path) -> None:
    branch = f"tocsin/{ENVIRONMENT}"
    git(site.parent / "project", "branch", "--force", branch, f"{branch}~1")
    assert "does not hold" in _verify(site, code=1)


def test_in_another_project_it_is_not_compared(site: Path) -> None:
    settings = site.parent / "project" / "tocsin.toml"
    settings.write_text(settings.read_text().replace(f'"{PROJECT}"', '"another"'))
    assert "not compared: the project here is another" in _verify(site)


def test_as_json(site: Path) -> None:
    (site / "data/changes.csv").write_text("x")
    found = json.loads(_verify(site, "--format", "json", code=1))
    assert (found["verdict"], found["findings"]) == ("damaged", ["data/changes.csv was changed"])


@pytest.mark.parametrize("more", [["--record"], ["--env", "prod"], ["--key", "k"]])
def test_options_of_a_ledger_are_not_for_a_site(tmp_path: Path, more: list[str]) -> None:
    ran = CliRunner().invoke(verify, [str(tmp_path), *more])
    assert "a SITE is checked with" in str(ran.exception)
