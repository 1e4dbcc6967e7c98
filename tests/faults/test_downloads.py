"""What engines are made of is what is pinned: an altered, missing or further jar is named."""

from __future__ import annotations

import hashlib
import io
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.errors import EngineError
from tocsin_engines import cache
from tocsin_engines.cache import Cache, pins
from tocsin_engines.packages import python_package
from tocsin_engines.registry import ENGINES


def fill(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.jar").write_text(name)


ALTERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "equal size": (lambda folder: (folder / "a.jar").write_text("x"), "a.jar has changed"),
    "further": (lambda folder: (folder / "c.jar").write_text("c"), "c.jar is unexpected"),
    "missing": (lambda folder: (folder / "b.jar").unlink(), "b.jar is missing"),
}


@pytest.mark.parametrize("how", ALTERED)
def test_what_changed_in_the_cache_is_named_and_not_used(tmp_path: Path, how: str) -> None:
    alter, told = ALTERED[how]
    said: list[str] = []
    folder = Cache(tmp_path).folder("x", "v1", fill, said.append)
    alter(folder)
    assert Cache(tmp_path).folder("x", "v1", fill, said.append) == folder
    assert said == [f"downloading again: {told}"]
    assert sorted(path.name for path in folder.glob("*.jar")) == ["a.jar", "b.jar"]
    assert (folder / "a.jar").read_text() == "a"


@pytest.mark.parametrize("how", ALTERED)
def test_what_is_downloaded_is_what_is_pinned(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alter, told = ALTERED[how]
    pinned = cache._jars(Cache(tmp_path / "first").folder("x", "v1", fill, print))
    monkeypatch.setattr(cache, "pins", lambda _: pinned)

    def other(folder: Path) -> None:
        fill(folder)
        alter(folder)

    for _ in range(2):
        with pytest.raises(EngineError, match=told):
            Cache(tmp_path / "second").folder("x", "v1", other, print)


def test_the_jars_of_engines_are_pinned() -> None:
    assert all(pins(name) for name in ENGINES)
    flink, kafka, registry = (pins(name) or {} for name in ("flink", "kafka", "registry"))
    assert any("apicurio" in path and path.endswith("-runner.jar") for path in registry)
    assert any("flink-dist" in path for path in flink)
    assert any("flink-sql-connector-kafka" in path for path in flink)
    assert any("kafka_2.13" in path for path in kafka)
    assert {len(digest) for digest in (*flink.values(), *kafka.values(), *registry.values())} == {
        64
    }


ROOT = Path(__file__).parents[2]
WHEEL = "tocsin_wheel_of_a_test-1.0-py3-none-any.whl"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel in the only place that installers look at."""
    file = tmp_path / "index" / WHEEL
    file.parent.mkdir()
    about = "tocsin_wheel_of_a_test-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("of_a_test.py", "")
        packed.writestr(
            f"{about}/METADATA",
            "Metadata-Version: 2.1\nName: tocsin-wheel-of-a-test\nVersion: 1.0\n",
        )
        packed.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        packed.writestr(f"{about}/RECORD", "")
    for name, value in (("NO_INDEX", "1"), ("FIND_LINKS", str(file.parent))):
        monkeypatch.setenv(f"UV_{name}", value)
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("UV_NO_CACHE", "1")
    return file


def test_a_python_package_is_the_wheel_that_is_pinned(wheel: Path, tmp_path: Path) -> None:
    pinned = hashlib.sha256(wheel.read_bytes()).hexdigest()
    python_package("tocsin-wheel-of-a-test==1.0", pinned, tmp_path / "right")
    assert (tmp_path / "right/of_a_test.py").is_file()
    with pytest.raises(EngineError, match="could not download tocsin-wheel-of-a-test"):
        python_package("tocsin-wheel-of-a-test==1.0", "0" * 64, tmp_path / "wrong")
    assert not (tmp_path / "wrong/of_a_test.py").exists()


def test_no_source_of_a_python_package_is_built(wheel: Path, tmp_path: Path) -> None:
    built = tmp_path / "built"
    source = wheel.with_name("tocsin_wheel_of_a_test-1.0.tar.gz")
    setup = f"open({str(built)!r}, 'w'); from setuptools import setup; setup()".encode()
    with tarfile.open(source, "w:gz") as packed:
        told = tarfile.TarInfo("tocsin_wheel_of_a_test-1.0/setup.py")
        told.size = len(setup)
        packed.addfile(told, io.BytesIO(setup))
    wheel.unlink()
    pinned = hashlib.sha256(source.read_bytes()).hexdigest()
    with pytest.raises(EngineError):
        python_package("tocsin-wheel-of-a-test==1.0", pinned, tmp_path / "target")
    assert not built.exists()


def test_what_builds_us_is_locked_with_hashes() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    files = {
        f"{each['name']}=={each['version']}": [*each.get("wheels", ()), each.get("sdist", {})]
        for each in locked
    }
    setup = (ROOT / "Makefile").read_text()
    assert setup.count("uv sync $(HASHED)") == setup.count("uv sync") == 3
    assert "HASHED := --require-build-hashes" in setup
    for each in settings["build-constraint-dependencies"]:
        assert all(file["hash"].startswith("sha256:") for file in files[each])
