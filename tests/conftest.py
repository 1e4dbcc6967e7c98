"""What all tests share: the third-party corpus beside the project, the command line as a child."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from cluster import endpoints
from differential.seed import pytest_report_header

__all__ = ["endpoints", "pytest_report_header"]  # for every folder

ROOT = Path(__file__).resolve().parent.parent

# The same examples on every run, on slow machines too; nothing is written beside the code.
settings.register_profile("tocsin", deadline=None, derandomize=True, database=None)
settings.load_profile("tocsin")

# Engines of a test live for minutes: all that their best compiler does costs more than it brings.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")


NO_CLUSTER = {
    f"tests/engines/test_{name}.py"
    for name in (
        *("correlation_at_rest", "engine_cache", "engine_mistakes", "local_engines"),
        *("pack_sql", "schema_registry", "sql_duckdb"),
    )
}
"""Tests of engines that need none of the cluster, or have engines of their own."""


class Shared(LoadScopeScheduling):  # type: ignore[misc] # untyped
    """Where processes share the tests, one has all that need the cluster, or the corpus.

    So engines are started once per run, and what a file prepares is prepared once.
    """

    def _split_scope(self, nodeid: str) -> str:
        place, _, name = nodeid.partition("::")
        if "spark" in place:
            return "spark"
        servers = place == "tests/corpus/test_engines.py" or name.startswith("test_on_servers")
        if servers or (place.startswith("tests/engines/") and place not in NO_CLUSTER):
            return "engines"
        return "corpus" if place.startswith("tests/corpus/") else place


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shared:
    """Instead of those that xdist has."""
    return Shared(config, log)


class Ended(NamedTuple):
    """How a run of the command line ended."""

    code: int
    stdout: str
    stderr: str


class Tocsin(Protocol):
    """Runs `tocsin ARGS` as a child process; the output never holds a stack trace."""

    def __call__(
        self,
        *args: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = 120,
    ) -> Ended: ...


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the third-party corpus and data: TOCSIN_SHARED, or beside the checkout."""
    given = os.environ.get("TOCSIN_SHARED")
    folder = Path(given) if given else ROOT.parent / "shared"
    if not (folder / "corpus").is_dir():
        pytest.skip(f"no third-party corpus in {folder}; say where it is with TOCSIN_SHARED")
    return folder


@pytest.fixture(scope="session")
def tocsin() -> Tocsin:
    """The command line, as users run it."""

    def run(
        *args: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = 120,
    ) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "tocsin.cli.main", *map(str, args)],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            timeout=timeout,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    return run
