"""A small coverage report."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverage_content import write_project
from tocsin.report.coverage import Coverage, build
from tocsin.state.lock import Lock
from unit.report.small_report import RULES


@pytest.fixture
def covered(tmp_path: Path) -> Coverage:
    return build(write_project(tmp_path, *RULES), Lock())
