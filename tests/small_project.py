"""Content repositories for tests: what `tocsin init` writes, with other rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tocsin.app.templates import project_files

FENCE = re.compile(r"^```(?:yaml|text) (\S+/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def write_project(root: Path, files: Mapping[str, str]) -> Path:
    """The starting project without its detection, plus these files."""
    texts = project_files(name="test", id="0", date="2026-01-01")
    kept = {path: text for path, text in texts.items() if not path.startswith("rules/")}
    for path, text in {**kept, **files}.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return root


def fenced_files(markdown: str) -> dict[str, str]:
    """Text of every block that is fenced as ```yaml <path> or ```text <path>."""
    return dict(FENCE.findall(markdown))
