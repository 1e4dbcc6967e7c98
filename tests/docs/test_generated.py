"""Generated parts of the documentation are what their generators give today."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    p
    for p in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if "[[[cog" in p.read_text() and p.name != "bad-inputs.md"  # its lines are tested one by one
]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_page_is_fresh(page: Path) -> None:
    """`make docs` would change nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", str(page)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr + "\nrun `make docs`"


def test_command_line_reference_is_generated() -> None:
    assert (ROOT / "docs" / "cli.md") in PAGES
