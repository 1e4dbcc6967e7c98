"""The streaming example of the page on adding a backend, installed and deployed with."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path

import pytest

import page_blocks
from authoring import project, rule, write
from tocsin.backend.registry import GROUP
from tocsin.backend.streaming import Fleet

NAME = "refund-without-order"
block = partial(page_blocks.block, "adding-a-backend.md")
LIVE = f"live/{NAME}.json"


class Installed:
    """A project, and a Python where the page's package is installed."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "watched"
        self.root = project(root / "repository", {f"{NAME}.yml": rule()})
        settings = block("toml environment").replace("/srv/detections", str(self.folder))
        write(self.root / "tocsin.toml", f'[project]\nname = "shop"\n\n{settings}')
        subprocess.run(["git", "init", "-q", self.root], check=True)
        self.packages = root / "packages"
        package = self.packages / "tocsin_small"
        write(package / "__init__.py", "")
        write(package / "backend.py", block("python backend"))
        write(package / "folder.py", block("python streaming backend"))
        points = tomllib.loads(block("toml streaming entry point"))["project"]["entry-points"]
        lines = [f"{name} = {value}" for name, value in points[GROUP].items()]
        info = self.packages / "tocsin_small-1.dist-info"
        write(info / "METADATA", "Metadata-Version: 2.1\nName: tocsin-small\nVersion: 1\n")
        write(info / "entry_points.txt", "\n".join([f"[{GROUP}]", *lines, ""]))

    def run(self, command: str, *words: str, code: int = 0) -> str:
        """What `tocsin COMMAND` says; it ends with this exit code."""
        given = [command, "--env", "watched", "--project", str(self.root), *words]
        done = subprocess.run(
            [sys.executable, "-c", "from tocsin.cli.main import main; main()", *given],
            env={**os.environ, "PYTHONPATH": str(self.packages)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def change(self, action: str) -> None:
        """Another version of the rule."""
        detection = {"selection": {"action": action}, "condition": "selection"}
        write(self.root / f"rules/{NAME}.yml", rule(detection=detection))


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path)


def test_its_fleet_has_all_members() -> None:
    classes = ast.parse(block("python streaming backend")).body
    fleet = next(n for n in classes if isinstance(n, ast.ClassDef) and n.name == "FolderFleet")
    has = {node.name for node in fleet.body if isinstance(node, ast.FunctionDef)}
    assert {name for name in vars(Fleet) if not name.startswith("_")} <= has


def test_it_is_planned_applied_looked_at_and_rolled_back(installed: Installed) -> None:
    assert f"small · write the files: {NAME}" in installed.run("plan", "--verbose")
    assert not installed.folder.exists()
    installed.run("apply", "--yes")
    first = (installed.folder / LIVE).read_bytes()
    assert "as released" in installed.run("status")
    installed.change("chargeback")
    assert "changed" in installed.run("apply", "--yes")
    assert b"chargeback" in (installed.folder / LIVE).read_bytes()
    installed.run("rollback", "--to", "1", "--yes")
    assert (installed.folder / LIVE).read_bytes() == first
    record = json.loads((installed.folder / "records/release").read_bytes())
    assert (record["environment"], record["release"]) == ("watched", 3)
    kept = [path.name for path in (installed.folder / "records/artifact").iterdir()]
    assert kept == [record["detections"][0]["artifact"]]


def test_its_drift_is_found_and_mended(installed: Installed) -> None:
    installed.run("apply", "--yes")
    released = (installed.folder / LIVE).read_bytes()
    (installed.folder / LIVE).write_bytes(b"other")
    assert f"artifact altered: {NAME}" in installed.run("status", code=1)
    installed.run("apply", "--yes")
    assert (installed.folder / LIVE).read_bytes() == released
    installed.run("status")


def test_where_it_refuses_a_release_the_one_before_goes_on(installed: Installed) -> None:
    installed.run("apply", "--yes")
    old = (installed.folder / LIVE).read_bytes()
    module = installed.packages / "tocsin_small/folder.py"
    check = "Part.decode(rollout.bodies[entry.artifact])"
    text = module.read_text("utf-8")
    assert check in text
    write(module, text.replace(check, 'raise EngineError("it is full")'))
    installed.change("chargeback")
    assert "it is full; release 1 keeps running" in installed.run("apply", "--yes", code=2)
    assert (installed.folder / LIVE).read_bytes() == old
    write(module, text)
    installed.run("apply", "--yes")
    assert b"chargeback" in (installed.folder / LIVE).read_bytes()


def test_a_setting_it_does_not_declare_is_refused(installed: Installed) -> None:
    settings = installed.root / "tocsin.toml"
    write(settings, settings.read_text("utf-8").replace('folder = "', 'place = "'))
    assert "settings.folder of environment watched" in installed.run("apply", "--yes", code=2)
    write(settings, settings.read_text("utf-8").replace('"folder"', '"cloud"'))
    assert "must be 'local', 'flink', 'kafka' or 'folder'" in installed.run("plan", code=2)


def test_it_has_no_workers(installed: Installed) -> None:
    assert "environments of kind folder have no workers" in installed.run("worker", code=2)
