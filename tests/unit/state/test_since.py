"""Since when a detection is deployed as it is."""

from __future__ import annotations

from tocsin.release.entry import Entry
from tocsin.state.release import Release
from tocsin.state.since import Since, since


def _entry(id_: str, version: int) -> Entry:
    return Entry(id_, id_, version, "", "", "", "batch-sql", "shop", f"{id_}.sql", id_)


def _release(number: int, *found: Entry) -> Release:
    made = f"2026-11-0{number}T00:00:00+00:00"
    return Release(number, "local", "shop", "", made, "Ada", "", "", entries=found)


def test_since_is_the_start_of_the_present_stretch() -> None:
    """The first is rolled back at 3, the second at 4."""
    old, new = (_entry("a", 1), _entry("b", 1)), (_entry("a", 2), _entry("b", 2))
    steps = (old, new, (old[0], new[1]), old, old)
    releases = [_release(number, *found) for number, found in enumerate(steps, 1)]
    assert since(releases[::-1]) == {
        "a": Since(3, releases[2].made),
        "b": Since(4, releases[3].made),
    }
