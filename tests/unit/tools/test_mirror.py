"""Unit tests stand where the code stands that they test."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "tests" / "unit"
PLACES = (ROOT / "compiler" / "tocsin", ROOT / "backends", ROOT / "runtime", ROOT)


def test_folders_of_unit_tests_are_packages_of_the_code() -> None:
    folders = {test.parent.relative_to(UNIT) for test in UNIT.rglob("test_*.py")}
    assert [f for f in sorted(folders) if not any((p / f).is_dir() for p in PLACES)] == []
