"""Every code that the program can say is in the catalogue, and every check has its page."""

from __future__ import annotations

import re
from pathlib import Path

from tocsin.check.catalogue import catalogue

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "checks" / "README.md"
LITERAL = re.compile(r"\bTOC[0-9]{3}\b")


def said_in_code() -> dict[str, str]:
    """Codes in the sources, each with a file that says it."""
    files = [f for top in ("compiler", "backends", "runtime") for f in (ROOT / top).rglob("*.py")]
    return {code: str(file) for file in files for code in LITERAL.findall(file.read_text("utf-8"))}


def test_every_code_is_in_the_catalogue() -> None:
    missing = {code: file for code, file in said_in_code().items() if code not in catalogue()}
    assert missing == {}, "describe them in compiler/tocsin/front/codes.py"


def test_no_code_is_described_in_vain() -> None:
    table = ROOT / "compiler" / "tocsin" / "front" / "codes.py"
    files = [f for f in (ROOT / "compiler").rglob("*.py") if f != table]
    used = {code for file in files for code in LITERAL.findall(file.read_text("utf-8"))}
    assert set(catalogue()) - used == set()


def test_every_check_has_a_line_with_its_page() -> None:
    text = PAGE.read_text("utf-8")
    for page in sorted(PAGE.parent.glob("TOC*.md")):
        assert f"[its page]({page.name})" in text
