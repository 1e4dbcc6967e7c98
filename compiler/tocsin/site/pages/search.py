"""The index of the site's own search: a script, since pages from a disk may not load JSON."""

from __future__ import annotations

import json

from tocsin.html_templates import visible
from tocsin.site.pages import links
from tocsin.site.pages.context import SiteContext

PATH = "data/search.js"


def index(site: SiteContext) -> bytes:
    """A call with rows of kind, title, further words and path."""
    text = json.dumps(_rows(site), ensure_ascii=True, separators=(",", ":"))
    return f"tocsinSearch({text});\n".encode()


def _rows(site: SiteContext) -> list[list[str]]:
    history = site.history
    rows = [
        [
            "detection",
            d.entry.title,
            _words(d.key, d.id, d.entry.owner, d.state),
            site.detection_path(d.id),
        ]
        for d in site.listed
    ]
    rows += [
        ["technique", f"{t.id} {t.name or ''}", "", links.technique_path(t.id)]
        for t in history.techniques
    ]
    rows += [["source", s.name, s.source.title, links.source_path(s.name)] for s in history.sources]
    rows += [
        ["control", f"{c.catalogue} {c.id}", c.name or "", links.control_path(c.catalogue, c.id)]
        for c in history.controls
    ]
    rows += [
        [
            "release",
            f"release {r.number}",
            _words(r.made[:10], r.reason, r.commit),
            links.release_path(r.number),
        ]
        for r in history.releases
    ]
    rows += [
        ["person", p.name, _words(*p.names), links.person_path(p.name)] for p in history.persons
    ]
    return [[visible(text) for text in row] for row in rows]


def _words(*texts: str) -> str:
    return " ".join(filter(None, texts))
