"""What ends a command is one JSON object, where JSON was asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest

from authoring import project, rule, write
from conftest import ROOT, Ended, Tocsin
from tocsin.cli.ending import json_wanted
from tocsin.cli.main import main_group
from tocsin.errors import TocsinError
from unit.cli.test_main import CRASH


def commands(
    group: click.Group = main_group, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))
        else:
            yield " ".join((*above, name)), command


def choices(command: click.Command) -> set[str]:
    [found] = [param for param in command.params if "--format" in param.opts] or [None]
    return set(found.type.choices) if found and isinstance(found.type, click.Choice) else set()


def test_every_command_has_json() -> None:
    assert not [name for name, command in commands() if "json" not in choices(command)]


def errors(above: type[TocsinError] = TocsinError) -> Iterator[type[TocsinError]]:
    for each in above.__subclasses__():
        if each.__module__.startswith("tocsin"):
            yield each
            yield from errors(each)


def test_every_error_has_a_code_of_its_own_which_the_page_names() -> None:
    for module in (
        "tocsin.app.consent",
        "tocsin.app.promote",
        "tocsin_client",
        "tocsin_kafka.errors",
    ):
        import_module(module)
    page = (ROOT / "docs" / "cli.md").read_text()
    codes = [each.__dict__.get("code") for each in errors()]
    assert None not in codes
    assert len(set(codes)) == len(codes)
    for code in (*codes, "usage", "system", "bug", "interrupted"):
        assert f"`{code}`" in page


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (["validate", "--format", "json"], True),
        (["scan", "--format=jsonl"], True),
        (["validate", "--format", "text", "json"], False),
        (["validate", "--format"], False),
        (["explain", "json"], False),
    ],
)
def test_json_is_wanted_where_the_words_say_it(args: list[str], wanted: bool) -> None:  # noqa: FBT001
    assert json_wanted(args) is wanted


def error(ended: Ended) -> dict[str, Any]:
    """The one object on stderr; stdout has none."""
    assert ended.stdout == ""
    [line] = ended.stderr.splitlines()
    told: dict[str, Any] = json.loads(line)["error"]
    assert told["exit_code"] == ended.code
    return told


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ("nonsense", "usage", "No such command 'nonsense'."),
        ("validate --bogus", "usage", "No such option '--bogus'."),
        ("plan", "usage", "Missing option '--env'."),
        ("validate", "config", "no tocsin.toml in . or above"),
        ("plan --env prod", "config", "no tocsin.toml in . or above"),
        ("validate nothing.yml", "missing-file", "there is no such file or folder"),
        ("engines up nonsense", "engine", "nonsense"),
    ],
)
def test_usage_and_configuration(
    tocsin: Tocsin, tmp_path: Path, args: str, code: str, message: str
) -> None:
    told = error(tocsin(*args.split(), "--format", "json", cwd=tmp_path))
    assert (told["code"], told["exit_code"]) == (code, 2)
    assert message in told["message"]
    assert told["hint"] or code != "usage"


def test_findings_are_all_there_with_the_place_of_the_first_error(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    root = project(tmp_path, {"r.yml": rule(level="huge")})
    told = error(tocsin("lock", "--format", "json", cwd=root))
    assert (told["code"], told["exit_code"], told["message"]) == ("findings", 1, "1 error")
    assert (told["file"], told["line"], told["column"]) == ("rules/r.yml", 4, 8)
    assert [each["code"] for each in told["findings"]] == ["TOC010"]


@pytest.mark.parametrize("args", ["test", "compile --target batch-sql", "compile rules"])
def test_a_result_is_on_stdout_all_the_same(tocsin: Tocsin, tmp_path: Path, args: str) -> None:
    root = project(tmp_path, {"r.yml": rule(level="huge")})
    ended = tocsin(*args.split(), "--format", "json", cwd=root)
    assert ended.code == 1
    json.loads(ended.stdout)
    told = json.loads(ended.stderr.splitlines()[-1])["error"]
    assert [each["code"] for each in told["findings"]] == ["TOC010"]


def test_a_file_that_is_not_read_is_named(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").symlink_to("/etc/hostname")
    told = error(tocsin("validate", tmp_path, "--format", "json"))
    assert told["code"] == "unread"
    assert told["file"] == str(tmp_path / "tocsin.toml")


def test_a_bug(tmp_path: Path) -> None:
    path = str(write(tmp_path / "r.yml", rule()))
    done = subprocess.run(
        [sys.executable, "-c", CRASH, "validate", path, "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        env={"TOCSIN_STATE": str(tmp_path / "state"), "TOCSIN_NO_CACHE": "1"},
    )
    told = error(Ended(done.returncode, done.stdout, done.stderr))
    assert (told["code"], told["exit_code"]) == ("bug", 3)
    assert str(tmp_path / "state" / "crashes") in told["message"]
