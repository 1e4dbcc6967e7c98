"""Writes a site to a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tocsin.site.history.model import History
from tocsin.site.pages.context import SiteContext
from tocsin.site.pages.kinds import every_page


def site_files(history: History) -> Iterator[tuple[str, bytes]]:
    """Every file of the site, by path."""
    yield from every_page(SiteContext(history))


def write(history: History, folder: Path) -> int:
    """Write the site; says how many files it has."""
    number = 0
    for path, data in site_files(history):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        number += 1
    return number
