"""Links to the pages of things, as markup; all text of strangers is escaped here."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from tocsin.html_templates import visible
from tocsin.site.pages import links
from tocsin.site.pages.context import SiteContext
from tocsin.site.pages.words import NO_RECORD

NONE = Markup('<span class="none">{}</span>').format(NO_RECORD)
"""What stands where the ledger does not tell."""


def or_none(value: str | None) -> Markup:
    """A text, `no record` for None, `none` for an empty one."""
    return NONE if value is None else escape(visible(value) or "none")


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Links from one page to others."""

    site: SiteContext
    place: links.PagePlace

    def link(self, path: str, words: str, kind: str = "") -> Markup:
        """To a path; the words alone where it is empty."""
        if not path:
            return escape(visible(words))
        opening = Markup('<a class="{}"').format(kind) if kind else Markup("<a")
        return opening + Markup(' href="{}">{}</a>').format(self.place.to(path), visible(words))

    def release(self, number: int, words: str = "") -> Markup:
        """To a release."""
        if number not in self.site.history.by_number:
            return escape(words or (f"release {number}" if number else "no release"))
        return self.link(links.release_path(number), words or f"release {number}", "rec")

    def change(self, release: int, detection: str) -> Markup:
        """To what a release did to a detection."""
        number, path = self.site.change_places.get((release, detection), (0, ""))
        return self.link(path, f"change {number}", "rec") if path else self.release(release)

    def detection(self, id_: str, words: str = "") -> Markup:
        """To a detection, by its title."""
        found = self.site.history.by_id.get(id_)
        return self.link(
            self.site.detection_path(id_), words or (found.entry.title if found else id_)
        )

    def technique(self, id_: str) -> Markup:
        """To a technique, by its id."""
        path = links.technique_path(id_) if id_ in self.site.technique_ids else ""
        return self.link(path, id_, "id")

    def source(self, name: str) -> Markup:
        """To a source."""
        path = links.source_path(name) if name in self.site.source_names else ""
        return self.link(path, name, "id")

    def control(self, catalogue: str, id_: str) -> Markup:
        """To a control."""
        return self.link(links.control_path(catalogue, id_), id_, "id")

    def person(self, name: str) -> Markup:
        """To a person, by the name that a record says."""
        whose = self.site.person_names.get(name)
        return self.link(links.person_path(whose) if whose else "", name)

    def persons(self, names: tuple[str, ...] | None) -> Markup:
        """To each of several; `no record` for None."""
        if names is None:
            return NONE
        return Markup(", ").join(map(self.person, names)) if names else Markup("nobody")

    def event(self, number: int) -> Markup:
        """To an event of the ledger."""
        return self.link(self.site.event_places.get(number, ""), f"event {number}", "rec")

    def web(self, address: str) -> Markup:
        """An address of the web as a link, anything else as text."""
        shown = visible(address)
        if not links.web(address):
            return escape(shown)
        return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(address, shown)
