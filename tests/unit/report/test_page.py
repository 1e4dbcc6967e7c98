"""The page of the report trusts nobody."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest

from coverage_content import rule, write_project
from tocsin.report.coverage import Coverage, build
from tocsin.report.page import anchor, heat, render_html
from tocsin.state.lock import Lock

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</title></style></script><svg onload=alert(1)>",
    "javascript:alert(1)",
)


def test_text_of_strangers_stays_text(tmp_path: Path) -> None:
    rules = [rule(f"{text} {n}", "attack.t1098") for n, text in enumerate(HOSTILE)]
    for n, each in enumerate(rules):
        each["name"] = each["tocsin"]["owner"] = f"x{n}"
    rules[0]["tocsin"]["owner"] = rules[1]["tocsin"]["owner"] = HOSTILE[1]
    coverage = build(write_project(tmp_path, *rules), Lock())
    page = render_html(replace(coverage, project=HOSTILE[3], environment=HOSTILE[0], release=1))
    for text in HOSTILE:
        assert text in unescape(page)
    assert page.count("<script") == 1
    assert page.count("<style") == 1
    assert "<img" not in page
    assert page.count("<svg ") == 1
    assert not re.search(r'href="(?!#|https://attack\.mitre\.org/|data:image/svg)', page)


def test_nothing_but_our_own_style_and_script_may_run(covered: Coverage) -> None:
    page = render_html(covered)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(part.split(" ", 1) for part in unescape(policy).split("; "))
    assert (rules["default-src"], rules["base-uri"], rules["form-action"]) == ("'none'",) * 3
    for tag, rule_name in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        hashed = b64encode(sha256(text.encode()).digest()).decode()
        assert rules[rule_name] == f"'sha256-{hashed}'"
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert not re.search(r'\s(style|on[a-z]+)="', page)
    assert not re.search(r"\ssrc=|@import|url\(", page)


def test_the_page_is_reproducible_and_its_links_lead_somewhere(covered: Coverage) -> None:
    page = render_html(covered)
    assert page == render_html(covered)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_anchors_of_odd_ids_are_plain() -> None:
    assert anchor('a b"><') == "d-a-b---"


@pytest.mark.parametrize(
    ("count", "name"), [(0, "h0"), (1, "h1"), (2, "h2"), (4, "h3"), (99, "h4")]
)
def test_heat(count: int, name: str) -> None:
    assert heat(count) == name
