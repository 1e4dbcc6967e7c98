"""All codes in one table, for `docs/checks/README.md`."""

from __future__ import annotations

from importlib import import_module

from tocsin.check import checks
from tocsin.front.codes import CODES, Code

BAR = "\\|"
"""A bar that ends no cell of a table."""


def catalogue() -> dict[str, Code]:
    """Every code, sorted; a check's example and cure are on its page."""
    pages = {code: _of_check(code, check.__module__) for code, check in checks().items()}
    return dict(sorted({**CODES, **pages}.items()))


def _of_check(code: str, module: str) -> Code:
    described = import_module(module)
    page = f"[its page]({code}.md)"
    return Code(described.TITLE, page, page, "check", described.SEVERITY)


def table() -> str:
    """The catalogue in Markdown."""
    lines = ["| code | severity | stage | what | example | fix |", "|---|---|---|---|---|---|"]
    for code, each in catalogue().items():
        cells = (code, each.severity, each.stage, each.title, each.example, each.fix)
        lines.append(f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |")
    return "\n".join(lines) + "\n"
