"""The lists that `expand` takes values from: `placeholders/<name>.txt`."""

from __future__ import annotations

from pathlib import Path

from tocsin import gate
from tocsin.diagnostics import Diagnostic
from tocsin.front.item import Placeholders
from tocsin.front.yaml import unread

MAX_BYTES = 16 * gate.MIB


def read_placeholders(folder: Path) -> tuple[Placeholders, list[Diagnostic]]:
    """All lists by name, and what was not read: one value a line, `#` begins a comment."""
    paths, refused = gate.files(folder, (".txt",), deep=False)
    found: dict[str, tuple[str, ...]] = {}
    for path in paths:
        try:
            text = gate.read_text(path, MAX_BYTES)
        except gate.UnreadError as error:
            refused.append(error)
            continue
        lines = [line.strip() for line in text.splitlines()]
        found[path.stem] = tuple(line for line in lines if line and not line.startswith("#"))
    return found, [unread(each) for each in refused]
