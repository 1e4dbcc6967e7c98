"""Templates to pages. Titles, events and names come from strangers: everything is escaped."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from tocsin import __version__
from tocsin.html_templates import html_templates
from tocsin.plural import plural
from tocsin_server.alerts.state import AlertSeverity
from tocsin_server.console import forms, words
from tocsin_server.console.assets_served import asset_path
from tocsin_server.console.visitor import Visitor

PREFIX = "/console"
HOME = f"{PREFIX}/findings"
_LOCAL = re.compile(rf"{PREFIX}/[A-Za-z0-9_~./-]*(?:\?[A-Za-z0-9_~.%&=+-]*)?(?:#[a-z-]*)?")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # without any, browsers hide where our forms come from
}


def page(
    request: Request, template: str, who: Visitor | None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page. `who`: for whom it is, if anyone is signed in."""
    state = request.app.state
    text = (
        _templates()
        .get_template(template)
        .render(who=who, site=state.site, path=request.url.path, here=_here(request), **values)
    )
    # An unpaired surrogate, which JSON can spell, has no UTF-8: it becomes a question mark.
    return HTMLResponse(text.encode("utf-8", "replace"), status, headers=HEADERS)


def back_to(path: str, otherwise: str = HOME) -> RedirectResponse:
    """On to a page of ours after a form; any other address is not followed."""
    return RedirectResponse(local(path, otherwise), 303)


def local(path: str, otherwise: str = HOME) -> str:
    """The path, if it is one of ours."""
    return path if _LOCAL.fullmatch(path) and "//" not in path else otherwise


def _here(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


@lru_cache(maxsize=1)
def _templates() -> Environment:
    tools: dict[str, Any] = {
        "ASSET": asset_path,
        "DAYS": forms.DAYS,
        "HOURS": forms.HOURS,
        "DISPOSITIONS": words.DISPOSITIONS,
        "PREFIX": PREFIX,
        "SEVERITIES": list(reversed(AlertSeverity)),
        "VERSION": __version__,
        "ago": words.ago,
        "changes": words.changes,
        "how_long": words.how_long,
        "moment": words.moment,
        "plural": plural,
        "short": words.short,
    }
    return html_templates("tocsin_server.console", tools)
