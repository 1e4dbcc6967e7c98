"""`tocsin source`: what comes with Tocsin, and how it gets into a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from small_project import write_project
from tocsin.app.shipped_sources import shipped_names, shipped_sources
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin.front.project import load_project


def tocsin(*words: str | Path) -> Result:
    return CliRunner().invoke(main_group, [str(word) for word in words])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_project(tmp_path, {})


def test_files_are_named_as_their_sources() -> None:
    assert [each.source.name for each in shipped_sources()] == shipped_names()
    assert len(shipped_names()) == 8


def test_all_of_them_fit_into_one_project(root: Path) -> None:
    for name in shipped_names():
        assert tocsin("source", "add", name, "--project", root).exit_code == 0
    project = load_project(root)
    assert project.diagnostics == ()
    assert project.sources.keys() == {*shipped_names(), "app_audit"}


def test_list_names_each_once() -> None:
    text = tocsin("source", "list").stdout.splitlines()
    assert [line.split()[0] for line in text] == shipped_names()
    assert "product=okta, service=okta" in text[4]
    listed = json.loads(tocsin("source", "list", "--format", "json").stdout)
    assert [each["name"] for each in listed] == shipped_names()
    assert listed[4]["logsources"] == [{"product": "okta", "service": "okta"}]


def test_add_says_what_to_adapt(root: Path) -> None:
    added = tocsin("source", "add", "windows_sysmon", "--project", root)
    assert added.stdout.splitlines() == [str(root / "sources/windows_sysmon.yml")]
    for said in ("windows.sysmon: the Kafka topic", "up to 10 minutes late", "Channel: Microsoft"):
        assert said in added.stderr
    told = json.loads(
        tocsin("source", "add", "linux_auditd", "--project", root, "--format", "json").stdout
    )
    assert told["source"] == "linux_auditd"
    assert "id" not in told["adapt"]


def test_nothing_is_overwritten(root: Path) -> None:
    file = root / "sources/okta_system.yml"
    file.write_text("mine")
    error = tocsin("source", "add", "okta_system", "--project", root).exception
    assert isinstance(error, ConfigError)
    assert (error.message, file.read_text()) == (f"{file} exists", "mine")


def test_a_name_that_is_declared_elsewhere_is_refused(root: Path) -> None:
    tocsin("source", "add", "okta_system", "--project", root)
    (root / "sources/okta_system.yml").rename(root / "sources/okta.yml")
    error = tocsin("source", "add", "okta_system", "--project", root).exception
    assert isinstance(error, ConfigError)
    assert "in another file" in error.message


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("okta_sytem", "did you mean 'okta_system'?"),
        ("okta", "did you mean 'okta_system'?"),
        ("mine", "there are aws_cloudtrail, github_audit"),
    ],
)
def test_unknown_names(name: str, hint: str, root: Path) -> None:
    error = tocsin("source", "add", name, "--project", root).exception
    assert isinstance(error, ConfigError)
    assert error.hint.startswith(hint)
    assert [file.name for file in (root / "sources").iterdir()] == ["app_audit.yml"]


def test_names_are_completed() -> None:
    complete = ShellComplete(main_group, {}, "tocsin", "_TOCSIN_COMPLETE")
    found = complete.get_completions(["source", "add"], "windows")
    assert [each.value for each in found] == ["windows_security", "windows_sysmon"]
