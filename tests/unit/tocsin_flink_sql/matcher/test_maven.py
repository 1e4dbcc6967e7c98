"""The matcher's jar where it cannot be built: what is missing, and what will not work, is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tocsin.errors import EngineError
from tocsin_flink_sql.matcher import maven


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package without a jar, on a machine without Java and Maven."""
    copy = tmp_path / "java"
    shutil.copytree(maven.SOURCES, copy, ignore=shutil.ignore_patterns("target"))
    monkeypatch.setattr(maven, "HERE", tmp_path)
    monkeypatch.setattr(maven, "SOURCES", copy)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return copy


def tool(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


def test_setup_says_what_is_missing_and_what_will_not_work(
    sources: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert maven.main() == 2
    said = capsys.readouterr().err
    assert "needs a Java compiler (javac) and Maven (mvn)" in said
    assert "apt-get install" in said
    assert "nothing can be tested on or deployed to Flink" in said
    tool(sources.parent / "bin", "javac")
    assert maven.main() == 2
    assert "needs Maven (mvn)\n" in capsys.readouterr().err


def test_a_jar_of_these_sources_needs_no_java(
    sources: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jar = sources.parent / f"matcher-{maven._sources_digest()}.jar"
    jar.touch()
    assert maven.main() == 0
    assert capsys.readouterr().err == ""
    (sources / "src/main/java/New.java").write_text("class New {}\n")
    with pytest.raises(EngineError):
        maven.matcher_jar()


def test_an_installation_from_a_wheel_without_it(sources: Path) -> None:
    shutil.rmtree(sources)
    with pytest.raises(EngineError) as caught:
        maven.matcher_jar()
    assert "built without Java" in caught.value.message
