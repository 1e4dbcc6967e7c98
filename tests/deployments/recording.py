"""What recorded runs on both kinds of stream targets share: the engines, the commands, workers."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engines.flink_site import FlinkSite
from patience import until
from tocsin_engines import EngineAddresses, running

TARGETS = {"flink": "flink-sql", "kafka": "kafka-filter"}
"""Kinds of environments, and the backend of each."""


def options(description: str, out: Path) -> argparse.ArgumentParser:
    """What the commands of recorded runs share."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--out", type=Path, default=out)
    parser.add_argument("--only", choices=TARGETS, help="this kind; the other's figures stay")
    return parser


def record(
    asked: argparse.Namespace,
    figures: Callable[[EngineAddresses, Path, str], dict[str, Any]],
    **settings: int,
) -> None:
    """Write what was measured on each kind, on engines of this run, and how it was set up.

    `asked` are the `options`. `figures` gets the engines, a folder of its own and the kind.
    """
    out, kinds = asked.out, [asked.only] if asked.only else list(TARGETS)
    kept = json.loads(out.read_text("utf-8"))["targets"] if asked.only and out.is_file() else []
    with (
        running(("kafka", "flink"), name=f"{out.stem}-{os.getpid()}") as endpoints,
        TemporaryDirectory() as folder,
    ):
        found = [figures(endpoints, Path(folder) / kind, kind) for kind in kinds]
    found += [each for each in kept if each["kind"] not in kinds]
    found.sort(key=lambda each: list(TARGETS).index(each["kind"]))
    told = {"date": datetime.now(UTC).date().isoformat(), **settings, "targets": found}
    out.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def command(site: FlinkSite, *words: str) -> None:
    """`tocsin WORDS`, as a process of its own."""
    given = [*words, "--env", "prod", "--project", str(site.root)]
    done = subprocess.run(
        [sys.executable, "-m", "tocsin.cli.main", *given],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def workers(site: FlinkSite, count: int) -> Iterator[None]:
    """So many beside the block, once they run what is released."""
    arguments = ["worker", "--env", "prod", "--project", str(site.root)]
    children = [
        subprocess.Popen([sys.executable, "-m", "tocsin.cli.main", *arguments])
        for _ in range(count)
    ]
    try:
        if count:
            until(lambda: "live state: as released" in site.invoke("status").output, "the workers")
        yield
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(60)
