"""The report as PDF, by WeasyPrint: it fetches nothing, and the same history has the same bytes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jinja2 import Environment

from tocsin import __version__
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError
from tocsin.html_templates import html_templates, on_one_line
from tocsin.plural import plural
from tocsin.site.exports.report.facts import PeriodReport, approved
from tocsin.site.exports.table import NO_RECORD
from tocsin.site.history.model import History

_INSTALL = "install it with `pip install 'tocsin[pdf]'`, and Pango's libraries with it"


def period_pdf(history: History) -> bytes:
    """The bytes of the file. Raises ConfigError where WeasyPrint or its libraries are missing."""
    html = period_html(history)
    try:
        from weasyprint import HTML, URLFetcher  # noqa: PLC0415, TID251 - an extra; here
    except (ImportError, OSError) as error:
        raise ConfigError(f"a PDF needs WeasyPrint: {error}", hint=_INSTALL) from None
    page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=()))
    made: bytes = page.write_pdf(pdf_identifier=digest_bytes(html.encode()).encode(), pdf_tags=True)
    return made


def period_html(history: History) -> str:
    """The text that is printed."""
    template = _templates().get_template("period.html")
    return template.render(report=PeriodReport(history), history=history, period=history.period)


def _told(names: tuple[str, ...] | None) -> str:
    return NO_RECORD if names is None else ", ".join(names) or "nobody"


def _when(at: str) -> str:
    return at[:16].replace("T", " ")


@lru_cache(maxsize=1)
def _templates() -> Environment:
    tools: dict[str, Any] = {
        "NO_RECORD": NO_RECORD,
        "VERSION": __version__,
        "approved": approved,
        "plural": plural,
        "told": _told,
        "when": _when,
    }
    return html_templates("tocsin.site.exports.report", tools, on_one_line)
