"""Paths on the command line: empty ones, and `-` where a file is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import Tocsin

EMPTY = """
init ''
validate ''
test ''
compile ''
scan --rules '' --events e.jsonl
scan --rules . --events ''
explain r.yml --event ''
plan --env local --out ''
coverage --out ''
"""
WRITTEN = """
init -
test --junit -
compile --out -
plan --env local --out -
rollback --env local --dry-run --out -
coverage --out -
manifests --env local --image i --out -
key new -
approve --plan p.json --key k --reviewer r --out -
review make --base main --out -
verify --env local --checkpoint -
"""


@pytest.mark.parametrize("line", EMPTY.strip().splitlines())
def test_an_empty_path_is_not_the_current_folder(line: str, root: Path, tocsin: Tocsin) -> None:
    ended = tocsin(*(word.strip("'") for word in line.split()), cwd=root)
    assert (ended.code, ended.stdout) == (2, "")
    assert "the path is empty" in ended.stderr


@pytest.mark.parametrize("line", WRITTEN.strip().splitlines())
def test_what_is_written_has_a_name(line: str, root: Path, tocsin: Tocsin) -> None:
    ended = tocsin(*line.split(), cwd=root)
    assert (ended.code, ended.stdout) == (2, "")
    assert "it is written, and - is not a" in ended.stderr
    assert not (root / "-").exists()


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("validate --level errors", "Did you mean 'error'?"),
        ("schema rules", "Did you mean 'rule'?"),
        ("plan -env local", "Did you mean --env?"),
        ("validate --ignore TOC", "Codes are like TOC101."),
        ("scan --rules . --events . --format jsn", "Did you mean 'json'?"),
    ],
)
def test_what_was_meant(line: str, meant: str, root: Path, child: Tocsin) -> None:
    for more in ([], ["--format=json"]):
        if "--format" in line and more:
            continue
        ended = child(*line.split(), *more, cwd=root)
        assert ended.code == 2
        assert meant in ended.stderr
