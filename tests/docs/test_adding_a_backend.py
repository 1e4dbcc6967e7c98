"""The page on adding a backend: its example is a backend, and agrees with the evaluator."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import page_blocks
from tocsin.backend.base import (
    Backend,
    ExtraEngine,
    NoServers,
    TableBackend,
    VersionedEngine,
    WindowBackend,
)
from tocsin.backend.forms import PackBackend
from tocsin.backend.registry import GROUP
from tocsin.backend.streaming import EnvironmentBackend, StreamBackend
from tocsin.cases.run import run_engine, run_evaluator
from tocsin.compile import Refusal, compile_query
from tocsin.conformance import ConformanceReport, Status, case_ids, read_marks, run
from tocsin.conformance.judge import judge_table
from tocsin.conformance.table import read_row
from tocsin.front.project import Project, load_project
from tocsin.ir.correlation import NODE_TYPES
from tocsin.ir.nodes import Keyword, Text
from tocsin.ir.query import Query

BESIDE = (
    ExtraEngine,
    VersionedEngine,
    TableBackend,
    WindowBackend,
    PackBackend,
    StreamBackend,
    EnvironmentBackend,
)
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-backend.md").read_text("utf-8")


block = partial(page_blocks.block, "adding-a-backend.md")


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
    queries = [query for query in project.queries if isinstance(query, Query)]
    verdicts = list(run_engine(queries, backend, NoServers()))
    assert len(verdicts) == len(list(run_evaluator(queries)))
    assert [v for v in verdicts if v.problems or v.refused] == []


@pytest.fixture(scope="module")
def report(backend: Backend) -> ConformanceReport:
    return run(backend, marks=read_marks(block("yaml conformance.yml").encode(), "small"))


def test_example_conforms_as_its_marks_declare(report: ConformanceReport) -> None:
    assert report.problems == []
    assert report.count(Status.REFUSED) > 100


def test_test_module_of_the_page_is_one(report: ConformanceReport) -> None:
    package = ModuleType("tocsin_small.backend")
    package.Small = lambda: None  # type: ignore[attr-defined]  # made anew by the page, run above
    sys.modules |= {"tocsin_small": ModuleType("tocsin_small"), "tocsin_small.backend": package}
    names: dict[str, Any] = {}
    try:
        exec(block("python test"), names)  # noqa: S102 - our own page
    finally:
        del sys.modules["tocsin_small"], sys.modules["tocsin_small.backend"]
    names["test_conformance"](report, "L1/upper-and-lower")
    names["test_marks"](report)
    assert names["case_ids"]() == [result.case.id for result in report.results]


def test_row_of_the_page_holds() -> None:
    row = read_row("E1.yml", block("yaml a row").encode())
    assert judge_table(row.cases).problems == []
    assert len(row.cases) == 4


def test_count_of_cases_is_about_right() -> None:
    assert "some 1,000 small cases" in PAGE
    assert 950 < len(case_ids()) < 1100


def test_example_refuses_what_it_says(backend: Backend, project: Project) -> None:
    first = next(query for query in project.queries if isinstance(query, Query))
    query = replace(first, expr=Keyword(Text(("x",))))
    refusal = compile_query(query, backend)
    assert isinstance(refusal, Refusal)
    assert (refusal.node, refusal.reason) == ("Keyword", "notimpl")


def test_table_lists_the_members_of_the_seam() -> None:
    assert set(re.findall(r"^\| `(\w+)[`(]", PAGE, re.MULTILINE)) == _members(Backend)


def test_table_lists_the_protocols_beside_it_and_their_members() -> None:
    listed = dict(re.findall(r"^\| `(\w+\.\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE))
    made = {f"{p.__module__.rpartition('.')[2]}.{p.__name__}": _members(p) for p in BESIDE}
    assert {name: set(re.findall(r"`(\w+)", told)) for name, told in listed.items()} == {
        name: members - {"name"} for name, members in made.items()
    }


def _members(protocol: type) -> set[str]:
    """Those that a Protocol declares."""
    mine = {name for name in vars(protocol) if not name.startswith("_")}
    return mine | set(protocol.__annotations__)


def test_entry_point_is_of_the_group_that_is_searched() -> None:
    table = tomllib.loads(block("toml entry point"))
    assert list(table["project"]["entry-points"]) == [GROUP]


def test_count_of_nodes() -> None:
    assert "fourteen small dataclasses" in PAGE
    assert len(NODE_TYPES) == 14
