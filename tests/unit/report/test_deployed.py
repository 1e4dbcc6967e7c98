"""Which release a report is about, and since when its detections are deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coverage_content import entries, release, write_project
from tocsin.errors import ConfigError
from tocsin.report.deployed import Since, deployed, moment
from tocsin.state.release import Release
from unit.report.small_report import RULES


class Ledger:
    """Releases that lie in memory."""

    environment = "local"

    def __init__(self, *releases: Release) -> None:
        self.known = releases

    def last(self) -> Release | None:
        return self.known[-1] if self.known else None

    def releases(self) -> list[Release]:
        return list(reversed(self.known))

    def bodies(self, *_: Any) -> dict[str, bytes]:
        return {}


@pytest.mark.parametrize(
    ("at", "number"),
    [
        ("", 3),
        ("2026-12-24", 3),
        ("2026-11-20", 2),
        ("2026-11-20T16:40:01", 1),
        ("2026-11-20T16:40:02", 2),
        ("2026-11-20T17:40:01+01:00", 1),
        ("2026-11-01", 1),
    ],
)
def test_a_date_picks_the_release_that_was_current(at: str, number: int) -> None:
    ledger = Ledger(
        release(1, "2026-11-01T23:59:59Z", ()),
        release(2, "2026-11-20T16:40:02Z", ()),
        release(3, "2026-11-21T00:00:00Z", ()),
    )
    assert deployed(ledger, at).release.number == number


def test_since_is_the_start_of_the_present_stretch(tmp_path: Path) -> None:
    project = write_project(tmp_path, *RULES[:2])
    v1, v2 = entries(project), entries(project, version=2)
    stamps = [f"2026-11-0{n}T00:00:00Z" for n in range(1, 6)]
    steps = [v1, v2, (v1[0], v2[1]), v1, v1]  # the first is rolled back at 3, the second at 4
    ledger = Ledger(*(release(n + 1, stamps[n], found) for n, found in enumerate(steps)))
    since = deployed(ledger).since
    assert since == {v1[0].id: Since(3, stamps[2]), v1[1].id: Since(4, stamps[3])}


def test_mistakes_of_dates_have_hints() -> None:
    with pytest.raises(ConfigError, match="no release yet") as never:
        deployed(Ledger())
    assert "tocsin history" in never.value.hint
    with pytest.raises(ConfigError, match="had no release at 2026-10-31"):
        deployed(Ledger(release(1, "2026-11-01T00:00:00Z", ())), "2026-10-31")
    with pytest.raises(ConfigError, match="not a date: yesterday"):
        moment("yesterday")
