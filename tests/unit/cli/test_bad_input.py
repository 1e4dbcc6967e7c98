"""Files that cannot be read or written, named on the command line."""

from __future__ import annotations

from pathlib import Path

from conftest import Tocsin
from small_project import write_project

GONE = "error: cannot read rules/gone.yml: there is no such file or folder\n"


def test_test_of_a_missing_file_is_refused(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("test", "rules/gone.yml", cwd=write_project(tmp_path, {}))
    assert (ended.code, ended.stderr) == (2, GONE)


def test_a_report_that_cannot_be_written_is_named(tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("test", "--junit", "gone/report.xml", cwd=write_project(tmp_path, {}))
    assert ended.code == 2
    assert "error: cannot write gone/report.xml: No such file or directory\n" in ended.stderr


def test_garbage_is_no_saved_plan(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("hello\n")
    tocsin("init", "inner", cwd=tmp_path)
    ended = tocsin("apply", "--env", "local", "--plan", "../plan.json", cwd=tmp_path / "inner")
    assert ended.code == 2
    assert (
        "error: ../plan.json is not a saved plan: it is not JSON: line 1, column 1" in ended.stderr
    )
    assert "hint: make one with `plan --out FILE`" in ended.stderr


def test_a_misspelt_command_is_answered_with_the_one_that_was_meant(tocsin: Tocsin) -> None:
    assert "No such command 'valdate'. Did you mean 'validate'?" in tocsin("valdate").stderr
    assert "Did you mean" not in tocsin("xyzzy").stderr


def test_a_line_with_a_tab_is_shown(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text("title: a\n\tb: 1\n")
    ended = tocsin("validate", "rule.yml", cwd=tmp_path)
    assert "    2 |  b: 1\n        ^\n  hint: indent with spaces, not with tabs" in ended.stdout
