"""The table of contenders: one entry is all that a new one needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.events import cache_folder

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(__file__).parent / "peers"

Kind = Literal["ours", "peer", "limit"]
Part = Literal["stream", "batch", "growth", "differences"]


class UnavailableError(Exception):
    """A contender cannot run here; the text says why."""


@dataclass(frozen=True, slots=True)
class Module:
    """A Python module of this project, in this environment."""

    name: str
    options: tuple[str, ...] = ()

    def prepared(self) -> list[str]:
        """The start of its command."""
        return [sys.executable, "-m", self.name, *self.options]


@dataclass(frozen=True, slots=True)
class Isolated:
    """A Python module in an environment of its own, with what `requirements/NAME.txt` pins."""

    name: str
    requirements: str

    def prepared(self) -> list[str]:
        """The start of its command. Raises UnavailableError if a package cannot be installed."""
        uv = Path(sys.executable).with_name("uv")
        if not uv.exists():
            raise UnavailableError("uv is not in the environment: run `make setup`")
        pins = PEERS / "requirements" / f"{self.requirements}.txt"
        flags = ("--quiet", "--isolated", "--no-project", "--python", sys.executable)
        start = [str(uv), "run", *flags, "--with-requirements", str(pins), "python"]
        _checked([*start, "-c", "pass"])
        return [*start, "-m", self.name]


@dataclass(frozen=True, slots=True)
class Cargo:
    """A Rust program in a folder of `peers`; it is built outside the tree.

    `--ignore-rust-version`: crates name the newest compiler, and often need less.
    """

    folder: str
    program: str

    def prepared(self) -> list[str]:
        """Its command. Raises UnavailableError without cargo, or if it does not build."""
        if not shutil.which("cargo"):
            raise UnavailableError("no cargo on PATH")
        target = cache_folder() / "cargo"
        manifest = PEERS / self.folder / "Cargo.toml"
        build = ["cargo", "build", "--release", "--locked", "--quiet", "--ignore-rust-version"]
        _checked([*build, "--manifest-path", str(manifest), "--target-dir", str(target)])
        return [str(target / "release" / self.program)]


Program = Module | Isolated | Cargo


@dataclass(frozen=True, slots=True)
class Contender:
    """One line of the tables. `share`: of the run's events, for those that are slow.

    `parts`: what it takes part in; `sets`: the data sets of its stream runs, () for all. One in
    `batch` with `lines` reads the JSON lines of the same events there, as it has no Parquet.
    """

    name: str
    title: str
    program: Program
    kind: Kind = "peer"
    parts: frozenset[Part] = frozenset()
    share: float = 1.0
    sets: tuple[str, ...] = ()
    lines: bool = False


def _parts(*names: Part) -> frozenset[Part]:
    return frozenset(names)


CONTENDERS = (
    Contender(
        "tocsin-matcher",
        "Tocsin, matcher of kafka-filter",
        Module("bench.ours.matcher"),
        kind="ours",
        parts=_parts("stream", "growth", "differences"),
    ),
    Contender(
        "rsigma-eval",
        "rsigma-eval (Rust)",
        Cargo("rsigma", "bench-rsigma"),
        parts=_parts("stream", "batch", "growth", "differences"),
        lines=True,
    ),
    Contender(
        "pysigma-sqlite",
        "pySigma-backend-sqlite",
        Isolated("bench.peers.pysigma_sqlite", "pysigma-sqlite"),
        parts=_parts("stream", "differences"),
        share=0.005,
        sets=("realistic",),
    ),
    Contender(
        "zargunlite",
        "zargunlite",
        Isolated("bench.peers.zargunlite_core", "zargunlite"),
        parts=_parts("stream", "differences"),
        share=0.005,
        sets=("realistic",),
    ),
    Contender(
        "azuma",
        "azuma",
        Isolated("bench.peers.azuma_rules", "azuma"),
        parts=_parts("stream", "differences"),
        share=0.001,
        sets=("realistic",),
    ),
    Contender(
        "tocsin-evaluator",
        "Tocsin, reference evaluator",
        Module("bench.ours.evaluator"),
        kind="ours",
        parts=_parts("stream", "differences"),
        share=0.002,
        sets=("realistic",),
    ),
    Contender(
        "parse-alone",
        "limit: parsing alone (orjson)",
        Module("bench.ours.parse"),
        kind="limit",
        parts=_parts("stream"),
    ),
    Contender(
        "tocsin-pack",
        "Tocsin, pack of batch-sql on DuckDB",
        Module("bench.ours.duckdb_pack"),
        kind="ours",
        parts=_parts("batch", "growth", "differences"),
    ),
    Contender(
        "tocsin-sql",
        "Tocsin, portable SQL of batch-sql",
        Module("bench.ours.duckdb_sql", ("tocsin-sql",)),
        kind="ours",
        parts=_parts("batch", "growth", "differences"),
        share=0.1,
    ),
    Contender(
        "duckdb-one-query",
        "DuckDB, one query for all rules",
        Module("bench.ours.duckdb_sql", ("duckdb-one-query",)),
        parts=_parts("batch", "differences"),
        share=0.1,
    ),
    Contender(
        "pysigma-duckdb",
        "pySigma-backend-duckdb",
        Isolated("bench.peers.pysigma_duckdb", "pysigma-duckdb"),
        parts=_parts("batch", "differences"),
        share=0.1,
    ),
)

REFERENCE = "tocsin-evaluator"
"""Whose matches are right."""


def _checked(command: list[str]) -> None:
    """Run a step of preparation. Raises UnavailableError with the last line that it said."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise UnavailableError(f"{Path(command[0]).name}: {said[-1]}"[:200])


def environment() -> dict[str, str]:
    """Variables of a contender's process: a fixed hash seed, and no threads of libraries."""
    return {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
