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

from cluster import broker, endpoints
from differential.seed import pytest_report_header
from patience import SECONDS
from prepared import said
from tocsin import secrets

__all__ = ["broker", "endpoints", "pytest_report_header"]  # for every folder

ROOT = Path(__file__).resolve().parent.parent

# The same examples on every run, on slow machines too; nothing is written beside the code.
settings.register_profile("tocsin", deadline=None, derandomize=True, database=None)
settings.load_profile("tocsin")

# What one test made another would take for its own; tests of the cache, and those that walk through
# the documents, have one each.
os.environ["TOCSIN_NO_CACHE"] = "1"

# Engines of a test live for minutes: all that their best compiler does costs more than it brings.
# Without it a JVM has 48 MB for code, which a cluster of many jobs fills, and then dies.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m")


ENGINES = {
    **dict.fromkeys(("flink_alerts", "flink_environment", "flink_jobs", "flink_modes"), "jobs"),
    **dict.fromkeys(("alert_ids", "state_verdict"), "jobs"),
    **dict.fromkeys(("kafka_broker", "kafka_filter", "kafka_releases"), "broker"),
    **dict.fromkeys(("kafka_restart", "kafka_workers", "stream_apply"), "broker"),
    **dict.fromkeys(("correlation_at_rest", "declared_types", "engine_cache"), ""),
    **dict.fromkeys(("engine_mistakes", "left_out", "local_engines", "pack_sql"), ""),
    **dict.fromkeys(("schema_registry", "sql_duckdb"), ""),
}
"""Groups of tests of engines by name of the file; "" for those that need no server of the run."""


LONGEST = ("flink", "spark", "jobs", "broker", "corpus")
"""Groups that begin first: a long one that begins last would be waited for."""


def group_of(nodeid: str) -> str:
    """The group of a test: those that need the same engines, else those of its file.

    There are two groups with a cluster, `flink` and `jobs`, so that each of two processes has one.
    """
    place, _, name = nodeid.partition("::")
    folder, _, file = place.rpartition("/test_")
    given = name.partition("[")[2]
    if folder == "tests/corpus":
        return "flink" if name == "test_flink" else "corpus"
    if "spark" in place or "spark" in name:
        return "spark"
    if folder == "tests/faults" and "flink" in given:
        return "flink"
    if name.startswith(("test_on_servers", "test_walk_through")):
        return "broker" if "kafka" in name else "flink"
    if folder == "tests/engines":
        return ENGINES.get(file.removesuffix(".py"), "flink") or place
    return place


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long groups first; within a group nothing changes its place."""
    rank = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(group_of(item.nodeid), len(rank)))


class Shared(LoadScopeScheduling):  # type: ignore[misc] # untyped
    """Where processes share the tests, one has all of a group.

    So engines are started once for a group, and what a file prepares is prepared once.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shared:
    """Instead of those that xdist has."""
    return Shared(config, log)


class Ended(NamedTuple):
    """How a run of the command line ended."""

    code: int
    stdout: str
    stderr: str


class Tocsin(Protocol):
    """Runs `tocsin ARGS` in another process; the output never holds a stack trace."""

    def __call__(
        self,
        *args: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = SECONDS,
    ) -> Ended: ...


@pytest.fixture(autouse=True)
def _own_secrets() -> None:
    """What another test of this process looked up is no secret here."""
    secrets._shown.clear()


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
    """The command line, in a copy of a process that has loaded it."""

    def run(
        *args: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = SECONDS,
    ) -> Ended:
        told = Ended(
            *said(
                list(map(str, args)),
                cwd or Path.cwd(),
                {**os.environ, **(env or {})},
                stdin or "",
                timeout,
            )
        )
        assert "Traceback" not in told.stdout + told.stderr, told.stdout + told.stderr
        return told

    return run


@pytest.fixture(scope="session")
def child() -> Tocsin:
    """The command line as users run it, in a process of its own."""

    def run(
        *args: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = SECONDS,
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
