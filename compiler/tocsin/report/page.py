"""The report for people: one HTML file that needs nothing else and trusts nothing in it.

Titles, owners and tags may come from strangers. Everything is escaped; a strict policy, by
hashes of our own style and script, keeps a browser from running or loading what slips through.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tocsin import __version__
from tocsin.escape import printable
from tocsin.model.detection import LEVELS
from tocsin.plural import plural
from tocsin.report.coverage import Coverage, CoverageRow
from tocsin.report.documents import figures, unknown

HIGHEST_FIRST = LEVELS[::-1]
_HEAT = ((5, "h4"), (3, "h3"), (2, "h2"), (1, "h1"), (0, "h0"))


def render_html(coverage: Coverage) -> str:
    """The page. Equal coverage gives equal bytes: it holds no clock."""
    style, script = _inline("page.css"), _inline("page.js")
    return (
        _templates()
        .get_template("page.html")
        .render(
            coverage=coverage,
            figures=figures(coverage),
            levels=_levels(coverage),
            unknown=unknown(coverage),
            rows={row.id: row for row in coverage.rows},
            style=style,
            script=script,
            policy=_policy(style, script),
            version=__version__,
        )
    )


def anchor(detection: str) -> str:
    """The fragment of a detection's row; ids of strangers may hold anything."""
    return "d-" + re.sub(r"[^A-Za-z0-9_-]", "-", detection)


def heat(count: int) -> str:
    """The class that colours a cell with so many detections."""
    return next(name for least, name in _HEAT if count >= least)


def rank(level: str) -> int:
    """Position for sorting: the most severe first, unknown words last."""
    return HIGHEST_FIRST.index(level) if level in LEVELS else len(LEVELS)


def attack_url(technique: str) -> str:
    """Where MITRE describes a technique."""
    return f"https://attack.mitre.org/techniques/{technique.replace('.', '/')}/"


def _levels(coverage: Coverage) -> list[tuple[str, int]]:
    """How many detections have each level, most severe first; levels without any left out."""
    counts: dict[str, int] = {}
    for row in coverage.counted:
        counts[_level(row)] = counts.get(_level(row), 0) + 1
    return sorted(counts.items(), key=lambda item: rank(item[0]))


def _level(row: CoverageRow) -> str:
    return row.level if row.level in LEVELS else "no level"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    loader = PackageLoader("tocsin.report", "templates")
    found = Environment(
        loader=loader,
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    tools: dict[str, Any] = {
        "anchor": anchor,
        "heat": heat,
        "rank": rank,
        "plural": plural,
        "attack_url": attack_url,
        "LEVELS": LEVELS,
    }
    found.globals.update(tools)
    return found


def _visible(value: Any) -> Any:
    """Without control and bidirectional characters; what is markup is ours."""
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return "\n".join(map(printable, value.split("\n"))) if plain else value


def _inline(name: str) -> Markup:
    """Our own style or script: the only text that is not escaped."""
    text = (files("tocsin.report") / "templates" / name).read_text("utf-8")
    return Markup(text)  # noqa: S704 - shipped with the package, holds nothing of a project


def _policy(style: str, script: str) -> str:
    rules = {
        "default-src": "'none'",
        "style-src": _hashed(style),
        "script-src": _hashed(script),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
