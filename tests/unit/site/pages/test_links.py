"""Paths of pages: safe on any file system, and each thing has its own."""

from __future__ import annotations

import re

import pytest

from tocsin.site.pages import links

STRANGE = (
    "con", "CON", "index", "a/b", "a\\b", "..", "a b", "a-b", "A-B", "ä", "", "x" * 300, "x" * 301,
    "\u202etxt", "<script>", "nul.html", "\ud800", "a.b", "a_b",
)  # fmt: skip


def test_slugs_are_safe_and_differ_for_names_that_differ() -> None:
    slugs = [links.slug(name) for name in STRANGE]
    assert len({slug.casefold() for slug in slugs}) == len(STRANGE)
    assert all(re.fullmatch(r"[a-z0-9_][a-z0-9_-]{0,80}", slug) for slug in slugs)
    assert not {"con", "nul", "index"} & set(slugs)
    assert links.slug("payout-changed_2") == "payout-changed_2"


def test_two_detections_of_one_key_have_two_pages() -> None:
    assert links.detection_path("same", "id-1") != links.detection_path("same", "id-2")


def test_a_technique_has_the_path_of_its_id() -> None:
    assert links.technique_path("T1098.003") == "techniques/T1098.003.html"
    assert links.technique_path("../../x").count("/") == 1


def test_further_pages_of_a_list_are_no_other_pages() -> None:
    assert links.paged("techniques/T1098.html", 1) == "techniques/T1098.html"
    assert links.paged("techniques/T1098.html", 3) == "techniques/T1098.p3.html"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", " https://example.org", "https://", "data:text/html,x",
        "//example.org", "https://example.org/\u202e", "java\nscript:alert(1)", "http://[", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_only_addresses_of_the_web_become_links(address: str) -> None:
    assert links.web(address) == ""


def test_addresses_of_the_web_are_links() -> None:
    assert links.web("https://example.org/a?b=c") == "https://example.org/a?b=c"


def test_ways_are_relative() -> None:
    assert links.PagePlace("index.html").to("a/b.html") == "a/b.html"
    assert links.PagePlace("controls/pci/1.html").to("a/b.html") == "../../a/b.html"
