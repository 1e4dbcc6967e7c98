"""Files are replaced as a whole, by one writer or by many."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tocsin import files
from tocsin.errors import ConfigError


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "new" / "a.json"
    for data in (b"first", b"second"):
        files.replace(place, data)
        assert place.read_bytes() == data
    assert list(place.parent.iterdir()) == [place]


def test_a_link_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside, place = tmp_path / "outside", tmp_path / "a.json"
    for link in (place, tmp_path / "a.json.new"):
        link.symlink_to(outside)
    files.replace(place, b"own")
    assert place.read_bytes() == b"own"
    assert not outside.exists()


def test_writers_of_one_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    place, bodies = tmp_path / "jar", [bytes([n]) * 100_000 for n in range(16)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda body: files.replace(place, body, f".{body[0]}"), bodies))
    assert place.read_bytes() in bodies
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("why", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: BaseException
) -> None:
    place = tmp_path / "a.json"
    files.replace(place, b"first")

    def fail(_: int) -> None:
        raise why

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(why)):
        files.replace(place, b"second")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"first"]


def test_only_a_write_to_an_environment_names_its_setting(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(OSError, match="taken"):
        files.replace(tmp_path / "taken" / "a", b"")
    with pytest.raises(ConfigError, match="cannot use") as refused:
        files.write(tmp_path / "taken" / "a", b"")
    assert "tocsin.toml" in refused.value.hint
