"""The three files of the report."""

from __future__ import annotations

import json
from pathlib import Path

from tocsin.report.coverage import Coverage
from tocsin.report.documents import as_json, navigator_layer
from tocsin.report.page import render_html


def write(coverage: Coverage, folder: Path) -> tuple[Path, ...]:
    """Write `index.html`, `coverage.json` and `navigator.json`; the folder is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "index.html": render_html(coverage),
        "coverage.json": _json(as_json(coverage)),
        "navigator.json": _json(navigator_layer(coverage)),
    }
    for name, text in texts.items():
        # An unpaired surrogate, which YAML can spell, has no UTF-8: it becomes a question mark.
        (folder / name).write_bytes(text.encode("utf-8", "replace"))
    return tuple(folder / name for name in texts)


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
