"""What engines are made of is what is pinned: an altered, missing or further jar is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.errors import EngineError
from tocsin_runtime.engines import cache
from tocsin_runtime.engines.cache import Cache, pins


def fill(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.jar").write_text(name)


ALTERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "equal size": (lambda folder: (folder / "a.jar").write_text("x"), "a.jar is another file"),
    "further": (lambda folder: (folder / "c.jar").write_text("c"), "c.jar does not belong there"),
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
    flink, kafka = pins("flink"), pins("kafka")
    assert flink
    assert kafka
    assert any("flink-dist" in path for path in flink)
    assert any("flink-sql-connector-kafka" in path for path in flink)
    assert any("kafka_2.13" in path for path in kafka)
    assert {len(digest) for digest in (*flink.values(), *kafka.values())} == {64}
