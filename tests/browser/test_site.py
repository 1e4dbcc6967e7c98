"""The site as auditors see it: in a browser, from the disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from bench import site_ledger
from tocsin.front.attack import load_attack
from tocsin.site import build
from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.model import History
from tocsin.site.history.read import read_history
from tocsin.site.pages.context import SiteContext
from tocsin.state.git_ledger import GitLedger
from tocsin.state.verify import verify
from tocsin.trust.trust_file import read_trust

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>document.title = 'broken'</script>",
    "javascript:alert(1)",
    '=HYPERLINK("http://evil.example","x")',
    "abc\u202efdp.exe",
    '"><img src=x onerror=alert(1)>',
    "W" * 120,
)
MAPPING = {
    "mappings/nist.yml": b"""catalogue: nist-800-53-rev5
version: rev5
title: NIST SP 800-53
by: Example Ltd
licence: Apache-2.0
attack: "16.1"
controls: {AC-02: Account Management}
""",
    "mappings/nist.csv": "control,technique\n{}".format(
        "".join(f"AC-02,{id_}\n" for id_ in load_attack().techniques)
    ).encode(),
}


@dataclass(frozen=True)
class MadeSite:
    """A site on the disk, and what it was made from."""

    folder: Path
    history: History

    @property
    def context(self) -> SiteContext:
        return SiteContext(self.history)

    @property
    def kinds(self) -> list[str]:
        """A page of each kind."""
        names = ["index", "questions", "changes", "attempts", "exceptions", "evidence"]
        folders = ("detections", "techniques", "sources", "releases", "persons")
        firsts = (min((self.folder / each).glob("[!i]*.html")) for each in folders)
        found = [str(each.relative_to(self.folder)) for each in firsts]
        controls = sorted((self.folder / "controls").rglob("*.html"))[:1]
        found += [str(each.relative_to(self.folder)) for each in controls]
        return [f"{name}.html" for name in names] + [f"{f}/index.html" for f in folders] + found


def _made(folder: Path, shape: site_ledger.Shape) -> MadeSite:
    site_ledger.write(folder / "ledger", shape)
    ledger = GitLedger(folder / "ledger", "prod", project="generated")
    old = shape.old == shape.releases
    trust = None if old else read_trust(folder / "ledger" / "trust.toml")
    findings = None if old else verify(ledger, trust).findings
    history = read_history(ledger, AskedPeriod(), trust, findings)
    build.write(history, folder / "site")
    return MadeSite(folder / "site", history)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> MadeSite:
    """All that there can be on record, and text of strangers."""
    return _made(tmp_path_factory.mktemp("full"), site_ledger.Shape(titles=HOSTILE, files=MAPPING))


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> MadeSite:
    """A ledger of form 1: hardly anything is on record."""
    return _made(tmp_path_factory.mktemp("old"), site_ledger.Shape(old=12))


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """One page for all tests; at the end nothing may have been loaded from elsewhere."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    found, loaded, said = context.new_page(), list[str](), list[str]()
    found.on("request", lambda request: loaded.append(request.url))
    found.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    found.on("pageerror", lambda error: said.append(str(error)))
    found.on("console", lambda message: said.append(message.text))
    yield found
    context.close()
    assert [url for url in loaded if not url.startswith("file:")] == []
    assert said == []


def show(page: Page, site: MadeSite, path: str) -> Page:
    page.goto((site.folder / path).as_uri())
    return page


def _live(site: MadeSite) -> str:
    return f"{len(site.context.live)} detections were live in prod"


def _changes(site: MadeSite) -> str:
    return f"made {len(site.context.changes)} changes in the period"


def _both(site: MadeSite) -> str:
    both = [d for d in site.context.live if {r.proof.case for r in d.runs or ()} == CASES]
    assert both
    return f"stays silent are on record for {len(both)} of {len(site.context.live)} live"


def _mapped(site: MadeSite) -> str:
    [control] = [c for c in site.history.controls if c.name]
    assert {e.detection for e in control.evidence if e.mapping} >= {d.id for d in site.context.live}
    told = r"nist-800-53-rev5: evidence for 1 control; .* author, for 1 by a mapping"
    return rf"{told}.*SP 800-53, version rev5, is by Example Ltd and of ATT&CK 16\.1"


NONE, CASES = "no record", {"above", "below"}
Said = Callable[[MadeSite], str] | str
ANSWERS: dict[int, tuple[Said, Said]] = {
    1: (_live, _live),
    2: (
        r"\d+ techniques? had a live detection; with gaps: \d+",
        r"[1-9]\d* techniques? had a live",
    ),
    3: (r"The exact text is on record for \d+ of \d+", f"Text of the others: {NONE}"),
    4: (r"Who wrote, reviewed and applied is on record for [1-9]", f"Author or reviewer.*{NONE}"),
    5: (r"signed approval is on record for [1-9]\d* of 12 .*very plan", f"signed approval: {NONE}"),
    6: (r"They ran on .*evaluator", f"Runs of cases: {NONE}"),
    7: (_both, rf"on record for 0 of .*Cases of [1-9]\d* detections: {NONE}"),
    8: (_changes, _changes),
    9: (r"numbered from 1 to \d+; each leads to its release", "numbered from 1 to"),
    10: (r"change \d+ of .*; accepted by", f"(accepted by|direction of a changed logic).*{NONE}"),
    11: (r"reviewed afterwards: by .*ada", f"Whether others were: {NONE}"),
    12: (r"event \d+: (apply|promote|rollback) (failed|reverted) at", f"Attempts: {NONE}"),
    13: (f"exceptions? held.*alert server: {NONE}", f"Mutes and emergencies: {NONE}"),
    14: (f"times without being live.*events did not arrive: {NONE}", f"did not arrive: {NONE}"),
    15: (r"differences? from release \d+ found at", f"Drift: {NONE}"),
    16: ("The last release is release 12; its plan", f"an approval of its plan: {NONE}"),
    17: (_mapped, f"Mappings of controls to techniques: {NONE}"),
    18: (r"Live detections need [1-9]\d* sources?", f"Whether their events arrived: {NONE}"),
    19: (f"When one last fired: {NONE}", f"When one last fired: {NONE}"),
    20: ("Digests and chain of all releases fit", f"not checked for this site: {NONE}"),
}


def answer(page: Page, site: MadeSite, number: int) -> Locator:
    return show(page, site, "questions.html").locator(f"#q{number}")


@pytest.mark.parametrize("number", ANSWERS)
@pytest.mark.parametrize("recorded", [True, False])
def test_each_question_is_answered_also_where_the_fact_is_missing(
    page: Page, full: MadeSite, old: MadeSite, number: int, *, recorded: bool
) -> None:
    site, said = (full if recorded else old), ANSWERS[number][0 if recorded else 1]
    wanted = said if isinstance(said, str) else said(site)
    expect(answer(page, site, number)).to_contain_text(re.compile(wanted, re.DOTALL))


def test_what_covered_a_technique_and_when_not(page: Page, full: MadeSite) -> None:
    technique = next(t for t in full.history.techniques if len(t.spans) > 1 and "." not in t.id)
    show(page, full, f"techniques/{technique.id}.html")
    table = page.get_by_role("group", name="Times and reasons")
    expect(table).to_contain_text(technique.spans[-1].state)
    expect(page.get_by_role("img", name=re.compile("was covered"))).to_be_visible()


def test_what_is_not_recorded_says_so_on_every_kind_of_page(page: Page, old: MadeSite) -> None:
    detection, release = old.context.live[0], old.history.releases[-1]
    technique = next(t for t in old.history.techniques if t.live)
    wanted = {
        "index.html": ("data seen", "fired", "canary-proven"),
        old.context.detection_path(detection.id): ("Text: ", "recorded no cases", "Log source"),
        f"techniques/{technique.id}.html": ("Strategies of ATT&CK: ", "ATT&CK"),
        f"releases/{release.number}.html": ("Wrote", "Reviewed"),
        "attempts.html": ("",),
        "evidence.html": ("",),
    }
    for path, told in wanted.items():
        main = show(page, old, path).locator("main")
        for each in (*told, NONE):
            expect(main).to_contain_text(each)


def test_whose_mapping_supports_a_control(page: Page, full: MadeSite) -> None:
    [control] = [c for c in full.history.controls if c.name]
    show(page, full, "controls/index.html")
    page.get_by_role("link", name=control.id, exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("AC-02")
    expect(page.locator("main")).to_contain_text(re.compile("Account Management.*nist", re.DOTALL))
    author = next(e.detection for e in control.evidence if not e.mapping)
    expect(page.locator("main")).to_contain_text(full.history.by_id[author].entry.title)


def test_analytics_are_shown_as_inferred(page: Page, full: MadeSite) -> None:
    found = next(d for d in full.context.live if full.context.inferred[d.id])
    one = (full.context.inferred[found.id] or ())[0]
    show(page, full, full.context.detection_path(found.id))
    term = page.locator("dt", has_text="Analytics of ATT&CK, inferred")
    expect(term.locator("xpath=following-sibling::dd[1]")).to_contain_text(one.analytic.id)
    show(page, full, f"techniques/{one.strategy.technique}.html")
    row = page.locator("tr", has_text=one.analytic.id)
    expect(row).to_contain_text(one.names[0])
    expect(row.get_by_role("link")).not_to_have_count(0)


def test_exact_text_and_bytes_of_then(page: Page, full: MadeSite) -> None:
    found = next(d for d in full.context.live if len(d.versions) > 1 and d.texts.rule)
    show(page, full, full.context.detection_path(found.id))
    last = found.versions[-1].texts
    page.locator("summary", has_text="Whole text").first.click()
    shown = page.get_by_role("group", name=re.compile("Rule of version")).first
    assert shown.inner_text().strip() == (last.rule or "").strip()
    page.locator("summary", has_text="Deployed bytes").first.click()
    expect(page.get_by_text(found.entry.artifact).first).to_be_visible()


def test_a_change_leads_to_its_whole_chain(page: Page, full: MadeSite) -> None:
    answer(page, full, 9).locator("a", has_text="change").first.click()
    row = page.locator("tr:target")
    expect(row).to_be_in_viewport()
    row.locator("a", has_text="release").click()
    release = full.history.releases[-1]
    for told in (release.commit, release.digest, release.plan):
        expect(page.get_by_text(told)).to_be_visible()
    expect(page.get_by_role("heading", name="Approvals")).to_be_visible()


def test_no_kind_of_page_has_a_barrier(chromium: Browser, full: MadeSite) -> None:
    context = chromium.new_context(bypass_csp=True)
    page, found = context.new_page(), list[str]()
    for path in full.kinds:
        show(page, full, path)
        violations = Axe().run(page).response["violations"]
        found += [
            f"{path}: {each['id']}: {each['nodes'][0]['html'][:120]}"
            for each in violations
            if each["impact"] in ("moderate", "serious", "critical")
        ]
    context.close()
    assert found == []


@pytest.mark.parametrize("width", [1280, 400])
def test_no_page_is_wider_than_the_window(page: Page, full: MadeSite, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in full.kinds:
        wide = show(page, full, path).evaluate("document.documentElement.scrollWidth")
        assert (path, wide) == (path, width)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_text_of_strangers_is_text(page: Page, full: MadeSite) -> None:
    for found in (d for d in full.history.detections if d.entry.title in HOSTILE):
        show(page, full, full.context.detection_path(found.id))
        shown = found.entry.title.replace("\u202e", r"\u202e")
        assert page.get_by_role("heading", level=1).inner_text() == shown
        assert page.locator("img, iframe, object, script:not([src])").count() == 0
        assert page.locator("a[href^='javascript'], a[href^='data']").count() == 0
    assert page.title() != "broken"


def test_the_heat_is_switched_with_keys_and_without_scripts(
    chromium: Browser, full: MadeSite
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = show(context.new_page(), full, "index.html")
    cell = page.locator(".matrix li:not(.never)").first
    before: Any = cell.inner_text()
    page.get_by_role("radio", name="detections").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="tested")).to_be_checked()
    assert cell.inner_text() != before
    page.keyboard.press("ArrowRight")
    expect(cell).to_contain_text("day")
    expect(page.locator("#search")).to_be_hidden()
    context.close()


def test_search_and_sorting_by_keyboard(page: Page, full: MadeSite) -> None:
    show(page, full, "detections/index.html")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    wanted = full.context.live[-1]
    page.get_by_role("searchbox", name="Search").fill(wanted.key)
    expect(page.get_by_role("status")).to_contain_text("1 found")
    head = page.get_by_role("columnheader", name="Level")
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    page.locator("#hits a").first.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(wanted.entry.title)


def test_every_link_of_the_site_leads_somewhere(full: MadeSite) -> None:
    broken = [
        f"{file.relative_to(full.folder)} -> {target}"
        for file in full.folder.rglob("*.html")
        for target in re.findall(r'href="([^"#:]+)(?:#[^"]*)?"', file.read_text("utf-8"))
        if not (file.parent / target).exists()
    ]
    assert broken == []


def test_the_policy_stops_what_would_slip_through(chromium: Browser, full: MadeSite) -> None:
    context = chromium.new_context()
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    show(page, full, "index.html").evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "globalThis.broken = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", '<p style="color:red">x</p>');
        }"""
    )
    assert page.evaluate("globalThis.broken") is None
    assert len(said) >= 2
    assert all("Content Security Policy" in each for each in said)
    context.close()
