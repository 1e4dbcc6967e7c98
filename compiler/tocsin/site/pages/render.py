"""Templates to pages. Titles, owners and tags may come from strangers: everything is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment

from tocsin import __version__
from tocsin.html_templates import html_templates
from tocsin.plural import plural
from tocsin.site.pages import links, matrix, timeline, words
from tocsin.site.pages.answers.answer import MOST_NAMED
from tocsin.site.pages.context import PER_PAGE, SiteContext, is_silent
from tocsin.site.pages.linked import NONE, PageLinks, or_none

# Firefox does not count a file of the same folder as 'self'.
POLICY = (
    "default-src 'none'; style-src 'self' file:; script-src 'self' file:; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class ListPage:
    """A part of a long list: the page's number, of how many, and the places of all."""

    number: int
    paths: tuple[str, ...]
    rows: Sequence[Any]
    every: int


@dataclass(frozen=True, slots=True)
class SitePages:
    """Renders the pages of one site."""

    site: SiteContext

    def page(self, path: str, template: str, title: str, **values: Any) -> tuple[str, bytes]:
        """A page and its place."""
        place = links.PagePlace(path)
        text = (
            _templates()
            .get_template(template)
            .render(
                site=self.site,
                history=self.site.history,
                period=self.site.history.period,
                to=PageLinks(self.site, place),
                root=place.root,
                path=path,
                title=title,
                **values,
            )
        )
        # An unpaired surrogate, which YAML can spell, has no UTF-8: it becomes a question mark.
        return path, text.encode("utf-8", "replace")

    def pages(
        self, path: str, template: str, title: str, rows: Sequence[Any], **values: Any
    ) -> Iterator[tuple[str, bytes]]:
        """A list, a hundred rows a page; an empty one has a page, too."""
        parts = [rows[at : at + PER_PAGE] for at in range(0, len(rows), PER_PAGE)] or [rows]
        paths = tuple(links.paged(path, n) for n in range(1, len(parts) + 1))
        for number, part in enumerate(parts, 1):
            listed = ListPage(number, paths, part, len(rows))
            named = title if number == 1 else f"{title}, page {number}"
            yield self.page(paths[number - 1], template, named, listed=listed, **values)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    tools: dict[str, Any] = {
        "MOST_NAMED": MOST_NAMED,
        "NONE": NONE,
        "POLICY": POLICY,
        "VERSION": __version__,
        "bars": timeline.bars,
        "bar_path": timeline.path,
        "how_long": words.how_long,
        "legend": matrix.legend,
        "or_none": or_none,
        "plural": plural,
        "short": words.short,
        "moment": words.moment,
        "when": words.when,
    }
    found = html_templates("tocsin.site.pages", tools)
    found.tests["silent"] = is_silent
    return found
