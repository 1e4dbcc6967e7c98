"""The page on adding a backend: its example is a backend, and agrees with the evaluator."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tocsin.backend.base import Backend
from tocsin.backend.registry import GROUP
from tocsin.cases.run import run_engine, run_evaluator
from tocsin.cli.engine import NoServers
from tocsin.compile import Refusal, compile_query
from tocsin.front.project import Project, load_project
from tocsin.ir.correlation import NODE_TYPES
from tocsin.ir.nodes import Keyword, Text

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-backend.md").read_text("utf-8")


def block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def backend() -> Backend:
    names: dict[str, Any] = {}
    exec(block("python backend"), names)  # noqa: S102 - our own page
    made: Backend = names["Small"]()
    return made


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(ROOT / "detections")


def test_example_passes_every_case_of_the_content(backend: Backend, project: Project) -> None:
    verdicts = list(run_engine(project.queries, backend, NoServers()))
    assert len(verdicts) == len(list(run_evaluator(project.queries)))
    assert [v for v in verdicts if v.problems or v.refused] == []


def test_example_refuses_what_it_says(backend: Backend, project: Project) -> None:
    query = replace(project.queries[0], expr=Keyword(Text(("x",))))
    refusal = compile_query(query, backend)
    assert isinstance(refusal, Refusal)
    assert (refusal.node, refusal.reason) == ("Keyword", "notimpl")


def test_table_lists_the_members_of_the_seam() -> None:
    listed = set(re.findall(r"^\| `(\w+)", PAGE, re.MULTILINE)) - {"tables"}
    mine = {name for name in vars(Backend) if not name.startswith("_")}
    assert listed == mine | set(Backend.__annotations__)


def test_entry_point_is_of_the_group_that_is_searched() -> None:
    table = tomllib.loads(block("toml entry point"))
    assert list(table["project"]["entry-points"]) == [GROUP]


def test_count_of_nodes() -> None:
    assert "fourteen small dataclasses" in PAGE
    assert len(NODE_TYPES) == 14
