"""Blocks of a page of the documentation, by what stands behind their fence."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def block(page: str, kind: str) -> str:
    """The text of the one block that begins so."""
    text = (DOCS / page).read_text("utf-8")
    [found] = re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(found)
