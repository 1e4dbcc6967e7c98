"""What is kept of a control topic: bounds on what anyone may write there."""

from __future__ import annotations

import pytest

from tocsin.release.keys import RELEASE, artifact_key, worker_key
from tocsin_runtime.control import kept
from tocsin_runtime.control.kept import Kept
from tocsin_runtime.control.topic import MOST_BYTES


def test_the_last_record_of_a_key_counts() -> None:
    made = Kept()
    assert made.take(b"release", b"1")
    assert not made.take(b"release", b"1")
    assert made.take(b"release", b"2")
    assert made.records == {RELEASE: b"2"}
    assert made.take(b"release", None)
    assert not made.take(b"release", None)
    assert made.records == {}


@pytest.mark.parametrize("key", [b"", b"else", b"\xff", b"artifact", b"artifact/" + b"0" * 1000])
def test_what_has_no_key_of_ours_is_no_record(key: bytes) -> None:
    made = Kept()
    assert not made.take(key, b"x")
    assert made.records == {}


def test_a_record_that_is_too_large_is_damage() -> None:
    made = Kept()
    made.take(b"release", b"x" * (MOST_BYTES + 1))
    assert made.records == {RELEASE: b""}


def test_what_was_written_first_is_forgotten_beyond_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "MOST_KEPT", 100_000)
    made = Kept()
    made.take(b"release", b"r" * 1000)
    made.take(artifact_key("a").encode(), b"a")
    for number in range(10_000):
        made.take(worker_key(str(number)).encode(), b"")
    assert made.records[RELEASE] == b"r" * 1000
    assert artifact_key("a") not in made.records
    assert worker_key("9999") in made.records
    assert 300 < len(made.records) < 400
