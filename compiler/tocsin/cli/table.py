"""Rows in columns: each as wide as what is in it, and nothing cut.

Many rows are written as they are laid out. On a terminal that is narrower than the table, cells
that do not fit on a row's line begin another one.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import click
from rich.cells import cell_len

from tocsin.cli.groups import styled

GAP = "  "
INDENT = "    "
_ENDLESS = 1_000_000
_PORTION = 1000
Row = Sequence[str]


def print_table(head: Row, rows: Sequence[Row], *, err: bool = False) -> None:
    """Rows under dim headings, if there are any; cells are printable, and may be styled."""
    top = [[styled(name, dim=True) for name in head]] if head else []
    print_lines(_lines([*top, *rows], _columns(err=err)), err=err)


def print_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Many lines, a portion at a time: each alone would be a call of the system."""
    left = iter(lines)
    while portion := list(islice(left, _PORTION)):
        click.echo("\n".join(portion), err=err)


def _lines(rows: Sequence[Row], columns: int) -> Iterator[str]:
    widths = [max(map(_width, cells)) for cells in zip(*rows, strict=True)]
    fits = sum(widths) + len(GAP) * (len(widths) - 1) <= columns
    for row in rows:
        yield _aligned(row, widths) if fits else _folded(row, columns)


def _aligned(row: Row, widths: Sequence[int]) -> str:
    cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return GAP.join(cells).rstrip()


def _folded(row: Row, columns: int) -> str:
    """The cells that are not empty, on as many lines as they need."""
    lines = [""]
    for cell in filter(None, row):
        last = lines[-1]
        whole = f"{last}{GAP}{cell}" if last.strip() else last + cell
        if last.strip() and _width(whole) > columns:
            lines.append(INDENT + cell)
        else:
            lines[-1] = whole
    return "\n".join(lines)


def _width(cell: str) -> int:
    if cell.isascii() and cell.isprintable():
        return len(cell)
    return cell_len(click.unstyle(cell))


def _columns(*, err: bool) -> int:
    """Those of the terminal; what is no terminal has no edge."""
    there = (sys.stderr if err else sys.stdout).isatty()
    return shutil.get_terminal_size().columns if there else _ENDLESS
