"""Whether emergencies were reviewed afterwards, as it stood at the end of a period."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.site_ledger import ENVIRONMENT, PROJECT, Shape, write
from tocsin.plan.afterwards import Alone
from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.read import read_history
from tocsin.state.git_ledger import GitLedger
from tocsin.trust.trust_file import read_trust

MADE, REVIEWED = "2026-01-11T09:00:00", "2026-01-12T05:00:00"
"""Of release 9, the first emergency, which others must review within 72 hours."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("afterwards")
    write(made, Shape(detections=6, releases=10))
    return made


@pytest.mark.parametrize(
    ("due", "end", "told"),
    [
        ("", "2026-01-12T23:00:00", ("in-time", "by ada on 2026-01-12 05:00, in time (due")),
        ("", "2026-01-11T23:00:00", ("open", "not yet (due 2026-01-14 09:00): ")),
        (MADE, "2026-01-12T23:00:00", ("late", "by ada on 2026-01-12 05:00, late (due")),
        (MADE, "2026-01-11T23:00:00", ("overdue", "no, though due 2026-01-11 09:00: ")),
    ],
)
def test_how_it_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch, due: str, end: str, told: tuple[str, str]
) -> None:
    if due:
        monkeypatch.setattr(Alone, "due", f"{due}+00:00")
    ledger = GitLedger(folder, ENVIRONMENT, project=PROJECT)
    found = read_history(ledger, AskedPeriod(end=end), read_trust(folder / "trust.toml"))
    later = found.by_number[9].later
    assert later is not None
    standing, words = told
    assert later.standing == standing
    assert later.words.startswith(words)


def test_without_a_trust_file_nobody_checked(folder: Path) -> None:
    found = read_history(GitLedger(folder, ENVIRONMENT, project=PROJECT), AskedPeriod())
    assert (found.by_number[9].later, found.by_number[9].reviewed_later) == (None, None)
