"""Every page of a site: its kinds, what they show, and where they are."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from tocsin.site.pages import links, matrix, search, spans
from tocsin.site.pages.answers.making import accepted, apart, approved_before
from tocsin.site.pages.answers.twenty import answers
from tocsin.site.pages.context import CHANGES, EVENTS, SiteContext
from tocsin.site.pages.detection_view import DetectionView
from tocsin.site.pages.linked import PageLinks
from tocsin.site.pages.render import SitePages

SitePage = tuple[str, bytes]
_ASSETS = ("site.css", "site.js")


def every_page(site: SiteContext) -> Iterator[SitePage]:
    """All files that people see, by path."""
    pages = SitePages(site)
    for kind in (_top, _detections, _techniques, _sources, _controls, _releases, _persons, _lists):
        yield from kind(pages)
    yield search.PATH, search.index(site)
    for name in _ASSETS:
        yield f"assets/{name}", (files("tocsin.site.pages") / "assets" / name).read_bytes()


def _top(pages: SitePages) -> Iterator[SitePage]:
    site = pages.site
    yield pages.page(
        "index.html",
        "overview.html",
        "Overview",
        columns=matrix.columns(site),
        outside=list(matrix.outside(site)),
    )
    path = "questions.html"
    found = answers(PageLinks(site, links.PagePlace(path)))
    yield pages.page(path, "questions.html", "Twenty questions", answers=found)
    newest_first = site.history.releases[::-1]
    yield from pages.pages("evidence.html", "evidence.html", "Evidence", newest_first)


def _detections(pages: SitePages) -> Iterator[SitePage]:
    site = pages.site
    yield from pages.pages("detections/index.html", "detections.html", "Detections", site.listed)
    for each in site.listed:
        path = site.detection_path(each.id)
        yield pages.page(path, "detection.html", each.entry.title, view=DetectionView(site, each))


def _techniques(pages: SitePages) -> Iterator[SitePage]:
    site = pages.site
    named_first = sorted(site.history.techniques, key=lambda each: not each.detections)
    whole = [each for each in named_first if "." not in each.id]
    yield from pages.pages(
        "techniques/index.html",
        "techniques.html",
        "Techniques",
        whole,
        gaps=spans.gaps,
        live_seconds=spans.live_seconds,
    )
    for each in site.history.techniques:
        parts = [t for t in site.history.techniques if t.parent == each.id and t.id != each.id]
        rows = [d for d in site.listed if d.id in set(each.detections)]
        yield from pages.pages(
            links.technique_path(each.id),
            "technique.html",
            f"{each.id} {each.name or ''}".strip(),
            rows,
            technique=each,
            parts=parts,
            within=spans.within,
            live_days=matrix.live_days(site, each),
        )


def _sources(pages: SitePages) -> Iterator[SitePage]:
    site = pages.site
    yield from pages.pages("sources/index.html", "sources.html", "Sources", site.history.sources)
    for each in site.history.sources:
        rows = [d for d in site.listed if d.id in set(each.detections)]
        yield from pages.pages(
            links.source_path(each.name), "source.html", each.name, rows, source=each
        )


def _controls(pages: SitePages) -> Iterator[SitePage]:
    history = pages.site.history
    yield from pages.pages("controls/index.html", "controls.html", "Controls", history.controls)
    for each in history.controls:
        yield pages.page(
            links.control_path(each.catalogue, each.id),
            "control.html",
            f"{each.catalogue} {each.id}",
            control=each,
            authors=[e for e in each.evidence if not e.mapping],
            mapped=pages.site.mapped(each),
        )


def _releases(pages: SitePages) -> Iterator[SitePage]:
    newest_first = pages.site.history.releases[::-1]
    yield from pages.pages("releases/index.html", "releases.html", "Releases", newest_first)
    for each in newest_first:
        yield from pages.pages(
            links.release_path(each.number),
            "release.html",
            f"Release {each.number}",
            each.changes,
            release=each,
            apart=apart(each),
            approved_before=approved_before(each),
        )


def _persons(pages: SitePages) -> Iterator[SitePage]:
    persons = pages.site.history.persons
    yield from pages.pages("persons/index.html", "persons.html", "People", persons)
    for each in persons:
        yield pages.page(links.person_path(each.name), "person.html", each.name, person=each)


def _lists(pages: SitePages) -> Iterator[SitePage]:
    site = pages.site
    yield from pages.pages(CHANGES, "changes.html", "Changes", site.changes, accepted=accepted)
    yield from pages.pages(EVENTS, "attempts.html", "Attempts, drift and checks", site.events)
    newest_first = sorted(site.history.exceptions, key=lambda e: e.begin, reverse=True)
    yield from pages.pages(
        "exceptions.html",
        "exceptions.html",
        "Exceptions and mutes",
        newest_first,
        active=sum(1 for each in newest_first if each.holds(site.history.period.end)),
    )
