"""Engines by name, and those of an environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from authoring import project, rule, write
from conftest import Tocsin
from tocsin.app.cases import engines_of
from tocsin.app.engines import serving
from tocsin.errors import ConfigError
from tocsin.model.project import Environment


def test_engines_of_an_environment() -> None:
    given = Environment(
        kind="kafka",
        backend="kafka-filter",
        backends={"audit": "kafka-filter"},
        correlations="flink-sql",
        bootstrap="env:KAFKA",
        test_on=("duckdb", "flink"),
    )
    assert serving(given) == ("evaluator", "flink", "kafka", "duckdb")


def test_cases_run_on_all_of_them(tmp_path: Path, tocsin: Tocsin) -> None:
    case = {"name": "fires", "events": [{"action": "refund"}], "expect": {"alerts": 1}}
    root = project(tmp_path, {"refund.yml": rule(tocsin={"tests": [case]})})
    local = '[environments.local]\nkind = "local"\nbackend = "batch-sql"\n'
    write(root / "tocsin.toml", local)
    ended = tocsin("test", "--env", "local", cwd=root)
    assert (ended.code, ended.stdout) == (0, "")
    assert [line.split() for line in ended.stderr.splitlines()[-2:]] == [
        ["evaluator", "1", "0", "0"],
        ["duckdb", "1", "0", "0"],
    ]
    with pytest.raises(ConfigError, match="no environment 'prod'"):
        engines_of([root], "prod")
