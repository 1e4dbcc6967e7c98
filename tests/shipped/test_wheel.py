"""What is shipped is whole, and works without a checkout and without Java."""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

import tocsin
from shipped.wheel import ROOT, Installed, uv_build
from tocsin_flink_sql.matcher.maven import matcher_jar

ROOTS = [
    folder
    for place in ("compiler", "backends", "runtime")
    for folder in (ROOT / place).glob("tocsin*")
    if folder.is_dir()
]
EVENT = {"time": "2026-11-23T09:00:00Z", "action": "role.grant", "outcome": "success"}


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    [file] = built.glob("*.whl")
    return zipfile.ZipFile(file)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    [name] = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    return message_from_string(wheel.read(name).decode())


def test_wheel_holds_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    """Templates, tables and data files, not only the modules; and `py.typed`."""
    wanted = [
        path.relative_to(root.parent).as_posix()
        for root in ROOTS
        for path in root.rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".jar") and "java" not in path.parts
    ]
    assert set(wanted) <= set(wheel.namelist())
    assert {f"{root.name}/py.typed" for root in ROOTS} <= set(wanted)


def test_wheel_holds_the_matcher_of_these_sources_only(wheel: zipfile.ZipFile) -> None:
    jars = [name for name in wheel.namelist() if name.endswith(".jar")]
    assert jars == [f"tocsin_flink_sql/{matcher_jar().name}"]
    assert wheel.read(jars[0]) == matcher_jar().read_bytes()


def test_metadata(metadata: Message, wheel: zipfile.ZipFile) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("tocsin", tocsin.__version__)
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(metadata.get_payload()).strip() == (ROOT / "README.md").read_text("utf-8").strip()
    for file in metadata.get_all("License-File", []):
        [name] = (name for name in wheel.namelist() if name.endswith(f"licenses/{file}"))
        assert wheel.read(name) == (ROOT / file).read_bytes()
    licences = {Path(file).name for file in metadata.get_all("License-File", [])}
    assert licences == {"LICENSE", "ATTACK-NOTICE.txt", "htmx-LICENSE.txt"}


def test_without_java_the_wheel_is_built_and_says_what_it_lacks(
    built: Path, tmp_path: Path
) -> None:
    [file] = built.glob("*.tar.gz")
    with tarfile.open(file) as sdist:
        sdist.extractall(tmp_path, filter="data")
    [source] = tmp_path.iterdir()
    [jar] = source.glob("backends/tocsin_flink_sql/*.jar")
    # One of other sources must not get in either.
    jar.rename(jar.with_name("matcher-000000000000.jar"))
    path = {"PATH": str(Path(sys.executable).parent)}
    said = uv_build("--wheel", "--out-dir", tmp_path / "dist", source, env=path)
    assert "building the matcher for Flink needs a Java compiler (javac) and Maven (mvn)" in said
    assert "nothing can be tested on or deployed to Flink" in said
    [made] = (tmp_path / "dist").glob("*.whl")
    assert not [name for name in zipfile.ZipFile(made).namelist() if name.endswith(".jar")]


def test_installed_code_is_that_of_the_wheel(installed: Installed, tmp_path: Path) -> None:
    for root in ROOTS:
        program = f"import {root.name}; print({root.name}.__file__)"
        found = installed.run("python", "-I", "-c", program, cwd=tmp_path)
        assert Path(found).is_relative_to(installed.bin.parent)
    assert installed.run("tocsin", "--version", cwd=tmp_path).endswith(f"{tocsin.__version__}\n")


def test_the_whole_way_without_java(installed: Installed, tmp_path: Path) -> None:
    """From `init` to an alert; the Flink statements and their jar are made without Java, too."""
    root = tmp_path / "content"
    installed.run("tocsin", "init", root, cwd=tmp_path)
    for command in (
        "tocsin source add okta_system",
        "tocsin new second_one --source okta_system",
        "tocsin validate",
        "tocsin test --engine evaluator --engine duckdb",
        "tocsin lock",
        "git add .",
        "git commit --quiet --message first",
        "tocsin plan --env local --out plan.json",
        "tocsin apply --env local --plan plan.json",
        "tocsin compile --out build",
    ):
        installed.run(*command.split(), cwd=root)
    assert [*(root / "build" / "flink-sql").rglob("*.jar")]
    events = root / "events.jsonl"
    event = EVENT | {"event_id": "e1", "target": {"id": "u-1", "role": "admin"}}
    events.write_text(json.dumps(event) + "\n")
    words = ("worker", "--env", "local", "--events", events, "--format", "json")
    assert json.loads(installed.run("tocsin", *words, cwd=root))["release"] == 1
    [alert] = (root / ".tocsin/local/alerts.jsonl").read_text().splitlines()
    assert json.loads(alert)["specversion"] == "1.0"
    scan = ("scan", "--rules", root / "rules", "--events", events)
    assert json.loads(installed.run("tocsin", *scan, cwd=root))["event"] == 0
    status = installed.run("git", "status", "--porcelain", "--untracked-files=all", cwd=root)
    assert status == "?? events.jsonl\n"
