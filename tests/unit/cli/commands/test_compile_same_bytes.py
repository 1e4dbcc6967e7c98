"""Artifacts are the same bytes in every process: sets are ordered anew in each."""

from __future__ import annotations

import hashlib
from pathlib import Path

from conftest import ROOT, Tocsin

TARGETS = ("batch-sql", "flink-sql", "kafka-filter", "spark-sql")


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_whatever_the_order_of_sets(child: Tocsin, tmp_path: Path) -> None:
    targets = [word for target in TARGETS for word in ("--target", target)]
    made = []
    for seed in ("1", "3"):
        folder = tmp_path / seed
        done = child("compile", *targets, "--out", folder, cwd=ROOT, env={"PYTHONHASHSEED": seed})
        assert done.code in {0, 1}, done.stderr
        made.append(digests(folder))
    assert made[0] == made[1]
    for target in TARGETS:
        assert sum(path.startswith(f"{target}/") for path in made[0]) > 50, target
