"""The cache of downloaded engines: full or not there, whoever comes at the same time."""

import threading
import time
from pathlib import Path

import pytest

from tocsin.errors import EngineError
from tocsin_engines.cache import Cache


def test_the_cache_is_filled_once_by_two_at_a_time(tmp_path: Path) -> None:
    filled: list[Path] = []
    said: list[str] = []

    def fill(folder: Path) -> None:
        filled.append(folder)
        time.sleep(0.3)
        (folder / "a.jar").write_text("jar")

    def get() -> None:
        assert (Cache(tmp_path).folder("x", "v1", fill, said.append) / "a.jar").is_file()

    both = [threading.Thread(target=get) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(filled) == 1
    assert said == ["waiting for a download"]


def test_the_cache_is_filled_again_when_it_is_incomplete(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    fills = 0

    def fill(folder: Path) -> None:
        nonlocal fills
        fills += 1
        (folder / "a.jar").write_text("jar")
        if fills == 1:
            raise EngineError("the network went away")

    with pytest.raises(EngineError, match="went away"):
        cache.folder("x", "v1", fill, lambda _: None)
    folder = cache.folder("x", "v1", fill, lambda _: None)
    assert fills == 2
    cache.folder("x", "v1", fill, lambda _: None)
    assert fills == 2
    (folder / "a.jar").unlink()
    cache.folder("x", "v1", fill, lambda _: None)
    assert fills == 3
    assert cache.folder("x", "v2", fill, lambda _: None) != folder
