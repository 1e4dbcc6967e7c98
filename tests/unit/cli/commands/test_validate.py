"""`tocsin validate`: what is shown, and what fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from authoring import project, rule, write
from conftest import Tocsin
from correlating import RULES, SOURCE, correlation
from tocsin.cli.main import main_group

MANY = 8
SUMMARY = f"{MANY} detections without errors; {MANY * 3} warnings"


def complete(number: int) -> dict[str, Any]:
    """A rule as others publish it, which lacks an owner and cases only."""
    return rule(
        id=str(uuid4()),
        name=f"rule-{number}",
        title=f"Rule {number}",
        description="what it detects",
        falsepositives=["none"],
        tags=["attack.persistence", "attack.t1098"],
        detection={"sel": {"action": f"a{number}"}, "condition": "sel"},
    )


@pytest.fixture
def adopted(tmp_path: Path) -> Path:
    """A project with rules of others."""
    return project(tmp_path, {f"rule-{number}.yml": complete(number) for number in range(MANY)})


def test_many_of_one_kind_are_one_block_and_the_summary_is_last(
    tocsin: Tocsin, adopted: Path
) -> None:
    ended = tocsin("validate", cwd=adopted)
    assert ended.code == 0
    heads = [line for line in ended.stdout.splitlines() if not line.startswith(" ")]
    assert [head.split(":")[0] for head in heads] == [
        "8 × warning TOC101",
        "8 × warning TOC102",
        "8 × warning TOC103",
    ]
    told = ended.stderr.splitlines()
    assert told[0].startswith("Many are alike: --all shows each")
    assert told[-1] == SUMMARY


def test_all_shows_each(tocsin: Tocsin, adopted: Path) -> None:
    ended = tocsin("validate", "--all", cwd=adopted)
    assert ended.stdout.count(": warning TOC101: ") == MANY
    assert ended.stderr == f"{SUMMARY}\n"


@pytest.mark.parametrize("fmt", ["json", "sarif", "github"])
def test_formats_for_machines_keep_each(tocsin: Tocsin, adopted: Path, fmt: str) -> None:
    ended = tocsin("validate", "--format", fmt, cwd=adopted)
    assert ended.stdout.count("has no owner") == MANY
    assert ended.stderr == f"{SUMMARY}\n"


def test_level_is_what_is_shown_and_counted_is_all(tocsin: Tocsin, adopted: Path) -> None:
    ended = tocsin("validate", "--level", "error", cwd=adopted)
    assert (ended.code, ended.stdout) == (0, "")
    assert ended.stderr == f"{SUMMARY} (24 not shown)\n"


def test_fail_on_is_what_fails_shown_or_not(tocsin: Tocsin, adopted: Path) -> None:
    assert tocsin("validate", "--fail-on", "warning", cwd=adopted).code == 1
    ended = tocsin("validate", "--fail-on", "warning", "--level", "error", cwd=adopted)
    assert (ended.code, ended.stdout) == (1, "")


def test_ignored_codes_are_left_out_do_not_fail_and_are_counted(
    tocsin: Tocsin, adopted: Path
) -> None:
    given = ["--ignore", "TOC101,toc102", "--ignore", "TOC103", "--fail-on", "info"]
    ended = tocsin("validate", *given, "--format", "json", cwd=adopted)
    assert (ended.code, json.loads(ended.stdout)) == (0, [])
    assert ended.stderr == f"{MANY} detections without errors; no findings; 24 ignored\n"


def test_a_code_that_is_none_is_refused(tocsin: Tocsin, adopted: Path) -> None:
    ended = tocsin("validate", "--ignore", "TOC999", cwd=adopted)
    assert ended.code == 2
    assert "there is no code 'TOC999'" in ended.stderr


def test_findings_that_end_another_command_are_grouped_too(tocsin: Tocsin, adopted: Path) -> None:
    write(adopted / "rules" / "wrong.yml", rule(id=str(uuid4()), name="wrong", level="huge"))
    ended = tocsin("lock", cwd=adopted)
    assert ended.code == 1
    assert "8 × warning TOC101" in ended.stderr
    assert ended.stderr.endswith("`tocsin validate --all` shows every finding\n")


def validated(*paths: Path) -> tuple[int, list[dict[str, str]]]:
    words = ["validate", "--format", "json", *map(str, paths)]
    result = CliRunner().invoke(main_group, words)
    return result.exit_code, json.loads(result.stdout)


def test_validate_finds_references_in_any_folder(tmp_path: Path) -> None:
    rules = write(tmp_path / "rules.yml", RULES)
    main = write(tmp_path / "main.yml", correlation(rules="[a, c]"))
    code, found = validated(tmp_path)
    assert (code, [each["code"] for each in found]) == (1, ["TOC094"])
    assert validated(rules, main) == (code, found)
    assert len(validated(main)[1]) == 2


def test_validate_of_one_file_knows_the_rules_of_its_project(tmp_path: Path) -> None:
    files = {"ab.yml": RULES, "main.yml": correlation(), "bad.yml": correlation(rules="[nix]")}
    files["bad.yml"] = files["bad.yml"].replace("main", "bad")
    root = project(tmp_path, files, SOURCE)
    for paths in (["rules/main.yml"], ["rules/ab.yml", "rules/main.yml"]):
        code, found = validated(*(root / path for path in paths))
        assert code == 0
        assert {each["file"] for each in found} <= {str(root / path) for path in paths}
    code, found = validated(root / "rules")
    assert code == 1
    assert [each["code"] for each in found if each["severity"] == "error"] == ["TOC094"]
