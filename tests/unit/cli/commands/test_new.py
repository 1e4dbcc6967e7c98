"""`tocsin new`: the first draft is valid and its cases pass, for every source there is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from small_project import write_project
from tocsin.cases.run import run_evaluator
from tocsin.check import run_checks
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError
from tocsin.front.project import load_project

CONTENT = Path(__file__).parents[4] / "detections"
SOURCES = sorted(file.stem for file in (CONTENT / "sources").glob("*.yml"))


def new(root: Path, *words: str) -> Result:
    return CliRunner().invoke(main_group, ["new", *words, "--project", str(root)])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_project(tmp_path, {})


@pytest.mark.parametrize("source", SOURCES)
def test_draft_is_valid_and_its_cases_pass(source: str, tmp_path: Path) -> None:
    shutil.copytree(CONTENT / "sources", tmp_path / "sources")
    shutil.copy(CONTENT / "tocsin.toml", tmp_path)
    assert new(tmp_path, "first-draft", "--source", source).exit_code == 0
    project = load_project(tmp_path)
    assert project.diagnostics == ()
    assert [v.problems for v in run_evaluator(project.queries)] == [(), ()]


def test_what_is_left_to_write_are_warnings(root: Path) -> None:
    new(root, "first-draft", "--source", "app_audit")
    codes = {each.code for each in run_checks(load_project(root))}
    assert codes == {"TOC101", "TOC105", "TOC106"}


def test_title_and_level(root: Path) -> None:
    title = 'Refund: 50% off # "today" é'
    assert (
        new(root, "odd", "--source", "app_audit", "--title", title, "--level", "low").exit_code == 0
    )
    assert new(root, "two-words", "--source", "app_audit").exit_code == 0
    odd, plain = (query.detection for query in load_project(root).queries)
    assert (odd.meta.title, odd.meta.level) == (title, "low")
    assert (plain.meta.title, plain.meta.level) == ("Two Words", "medium")
    assert UUID(odd.id).version == 4
    assert odd.id != plain.id


def test_snake_case_is_a_slug_beside_the_same_words_in_kebab_case(root: Path) -> None:
    for slug in ("two_words", "two-words"):
        assert new(root, slug, "--source", "app_audit").exit_code == 0
    project = load_project(root)
    assert project.diagnostics == ()
    assert [query.detection.key for query in project.queries] == ["two-words", "two_words"]
    assert "TOC111" not in {each.code for each in run_checks(project)}
    assert {query.detection.meta.title for query in project.queries} == {"Two Words"}


def test_json_names_the_files(root: Path) -> None:
    result = new(root, "draft", "--source", "app_audit", "--format", "json")
    named = json.loads(result.stdout)
    assert Path(named["rule"]).read_text("utf-8").startswith("title: Draft\n")
    assert Path(named["cases"]).is_file()


@pytest.mark.parametrize("there", ["app/draft.yml", "app/draft.test.yml", "other/draft.yml"])
def test_nothing_is_overwritten(there: str, root: Path) -> None:
    file = root / "rules" / there
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    result = new(root, "draft", "--source", "app_audit")
    assert isinstance(result.exception, ConfigError)
    assert file.read_text() == "mine"
    assert list((root / "rules").rglob("*.yml")) == [file]


@pytest.mark.parametrize(
    ("slug", "hint"),
    [
        ("AdminRole", "such as admin-role"),
        ("Admin_Role", "such as admin_role"),
        ("admin__role", "such as admin_role"),
        ("a/b", "such as a-b"),
        ("..", "such as d"),
    ],
)
def test_bad_slugs(slug: str, hint: str, root: Path) -> None:
    error = new(root, slug, "--source", "app_audit").exception
    assert isinstance(error, ConfigError)
    assert error.hint.startswith(hint)


def test_unknown_source_with_suggestion(root: Path) -> None:
    error = new(root, "draft", "--source", "app_audt").exception
    assert isinstance(error, ConfigError)
    assert error.hint == "did you mean 'app_audit'?"


def test_source_with_errors(root: Path) -> None:
    (root / "sources" / "bad.yml").write_text("source: bad\n")
    result = new(root, "draft", "--source", "bad")
    assert isinstance(result.exception, ConfigError)
    assert "TOC060" in result.stderr
