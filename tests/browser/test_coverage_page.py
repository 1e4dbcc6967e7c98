"""The coverage page as people see it: in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from coverage_content import entries, release, rule, write_project
from tocsin.front.project import load_project
from tocsin.report.coverage import Coverage, build
from tocsin.report.deployed import ReleaseInQuestion
from tocsin.report.files import write
from tocsin.state.lock import Lock

pytestmark = pytest.mark.browser
DETECTIONS = Path(__file__).parents[2] / "detections"

# Contrast of every visible text with what lies behind it, by WCAG 2; what is below 4.5.
FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (css) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below, alpha) => below.map((c, i) => top[i] * alpha + c * (1 - alpha));
  const light = (c) => {
    const [r, g, b] = c.map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const [r, g, b, a] = rgba(getComputedStyle(element).backgroundColor);
    return a === 1 ? [r, g, b] : over([r, g, b], behind(element.parentElement), a);
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !element.checkVisibility() || element.closest("script, meter, .skip")) continue;
    const back = behind(element);
    const [r, g, b] = rgba(getComputedStyle(element).color);
    let alpha = 1;
    for (let e = element; e; e = e.parentElement) alpha *= Number(getComputedStyle(e).opacity);
    const [high, low] = [light(over([r, g, b], back, alpha)), light(back)].sort((x, y) => y - x);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.push(`${text.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return faint;
}"""


@dataclass
class Seen:
    """What a browser did and said while a page was open."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


Open = Callable[..., tuple[Page, Seen]]


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of a coverage; at the end nothing may have been loaded or complained of."""
    contexts = []
    every: list[Seen] = []

    def opened(coverage: Coverage, width: int = 1280, **options: Any) -> tuple[Page, Seen]:
        index = write(coverage, tmp_path / "out")[0]
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page, seen = context.new_page(), Seen()
        every.append(seen)
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("console", lambda message: seen.complaints.append(message.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(index.as_uri())
        return page, seen

    yield opened
    for context in contexts:
        context.close()
    for seen in every:
        assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []
        assert sum(url.startswith("file:") for url in seen.requests) == 1
        assert (seen.complaints, seen.dialogs) == ([], [])


@pytest.fixture(scope="module")
def ours() -> Coverage:
    """The coverage of the project's own detections."""
    return build(load_project(DETECTIONS), Lock())


@pytest.fixture(scope="module")
def live(ours: Coverage) -> Coverage:
    """The same as if all but one were deployed: the widest table that there is."""
    project = load_project(DETECTIONS)
    found = entries(project, shadow=project.queries[2].detection.key)[1:]
    del ours
    return build(project, Lock(), ReleaseInQuestion(release(1, "2026-11-01T10:00:00Z", found)))


def test_matrix_shows_what_the_data_says(show: Open, ours: Coverage) -> None:
    page, _ = show(ours)
    expect(page.locator(".tactic")).to_have_count(15)
    covered = sum(column.covered for column in ours.columns)
    every = sum(len(column.cells) for column in ours.columns)
    expect(page.locator(".matrix .cell:visible")).to_have_count(covered)
    expect(page.locator(".matrix .cell")).to_have_count(every)
    for column in ours.columns:
        section = page.get_by_role("region", name=column.tactic.name, exact=True)
        numbers = section.locator(".cell a .number").all_inner_texts()
        assert [int(n.replace("\n", " ").strip(" ,").split()[0]) for n in numbers] == [
            len(cell.detections) for cell in column.cells if cell.detections
        ]


def test_toggle_shows_the_gaps_by_mouse_and_keyboard(show: Open, ours: Coverage) -> None:
    page, _ = show(ours)
    gap = page.locator(".matrix .cell.h0").first
    expect(gap).to_be_hidden()
    toggle = page.get_by_role("checkbox", name="Show uncovered techniques")
    toggle.check()
    every = sum(len(column.cells) for column in ours.columns)
    expect(page.locator(".matrix .cell:visible")).to_have_count(every)
    toggle.focus()
    page.keyboard.press("Space")
    expect(gap).to_be_hidden()


def test_a_cell_leads_to_its_detections(show: Open, ours: Coverage) -> None:
    page, _ = show(ours)
    page.locator(".matrix a", has_text="T1098").first.click()
    card = page.locator("#T1098")
    expect(card).to_be_in_viewport()
    marked = card.evaluate("e => getComputedStyle(e).backgroundColor")
    assert marked != page.locator("#T1657").evaluate("e => getComputedStyle(e).backgroundColor")
    link = card.locator(".links a").first
    title = link.inner_text()
    link.click()
    row = page.locator("tr:target")
    expect(row).to_be_in_viewport()
    expect(row.get_by_role("rowheader")).to_contain_text(title)


def test_filter_and_sorting(show: Open, ours: Coverage) -> None:
    page, _ = show(ours)
    rows = page.locator("#detections-table tbody tr:visible")
    expect(rows).to_have_count(len(ours.rows))
    texts = [f"{r.title} {r.key} {r.level} {r.source} {r.logsource} {r.owner}" for r in ours.rows]
    wanted = [text for text in texts if "okta_system" in text and "high" in text.lower()]
    page.get_by_role("searchbox", name="Filter").fill("OKTA_system high")
    assert wanted
    expect(rows).to_have_count(len(wanted))
    expect(page.locator("#shown")).to_have_text(f"{len(wanted)} of {len(ours.rows)}")

    page.locator(".matrix a", has_text="T1657").first.click()
    page.locator("#T1657 .links a").first.click()
    expect(page.locator("tr:target")).to_be_visible()
    expect(rows).to_have_count(len(ours.rows))

    head = page.get_by_role("columnheader", name="Level")
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(rows.first).to_contain_text("critical")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(rows.last).to_contain_text("critical")


def test_landmarks_and_names(show: Open, ours: Coverage) -> None:
    page, _ = show(ours)
    expect(page.get_by_role("banner")).to_have_count(1)
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("contentinfo")).to_have_count(1)
    expect(page.get_by_role("navigation", name="On this page")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Detection coverage")
    for name in ("ATT&CK matrix", "Covered techniques", "Detections", "Sources"):
        expect(page.get_by_role("heading", name=name, level=2, exact=True)).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(len(ours.rows) + len(ours.sources))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the matrix")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("media", ["screen", "print"])
def test_every_text_has_enough_contrast(
    show: Open, live: Coverage, scheme: Literal["light", "dark"], media: Literal["screen", "print"]
) -> None:
    page, _ = show(live, color_scheme=scheme)
    page.get_by_role("checkbox").check()
    page.emulate_media(media=media, color_scheme=scheme)
    assert page.evaluate(FAINT) == []


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_the_page_is_never_wider_than_the_window(show: Open, live: Coverage, width: int) -> None:
    page, _ = show(live, width)
    page.get_by_role("checkbox").check()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_whole_table_fits_a_usual_window(show: Open, live: Coverage) -> None:
    page, _ = show(live)
    for scroll in page.locator(".scroll").all():
        assert scroll.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_text_of_strangers_does_nothing(show: Open, tmp_path: Path) -> None:
    hostile = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "W" * 110)
    rules = [rule(f"{text} {n}", "attack.t1098") for n, text in enumerate(hostile)]
    for n, each in enumerate(rules):
        each["name"] = f"x{n}"
        each["tocsin"]["owner"] = hostile[n]
    page, _ = show(build(write_project(tmp_path / "project", *rules), Lock()))
    for n, text in enumerate(hostile):
        head = page.get_by_role("rowheader").filter(has_text=f"{text} {n}")
        expect(head).to_have_count(1)
    assert page.locator("img").count() == 0
    assert page.evaluate("document.scripts.length") == 1
    assert page.evaluate("document.documentElement.scrollWidth") == 1280


def test_the_policy_stops_what_would_slip_through(show: Open, ours: Coverage) -> None:
    page, seen = show(ours)
    page.evaluate("""() => {
      const slip = document.createElement("div");
      slip.innerHTML = '<img src="x" onerror="window.broken = true"><p style="color:red">a</p>';
      document.body.append(slip);
      const script = document.createElement("script");
      script.textContent = "window.broken = true";
      document.body.append(script);
    }""")
    page.wait_for_timeout(200)
    assert page.evaluate("window.broken") is None
    assert len(seen.complaints) >= 3
    assert all("Content Security Policy" in said for said in seen.complaints)
    seen.complaints.clear()
    seen.requests[1:] = []  # the picture that was refused is reported as asked for


def test_prints_without_the_tools(show: Open, live: Coverage) -> None:
    page, _ = show(live)
    page.emulate_media(media="print")
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator(".toggle")).to_be_hidden()
    expect(page.locator(".matrix .cell.h4").first).to_have_css("print-color-adjust", "exact")


def test_reads_without_scripts(show: Open, ours: Coverage) -> None:
    page, _ = show(ours, java_script_enabled=False)
    expect(page.locator(".tools")).to_be_hidden()
    page.get_by_role("checkbox", name="Show uncovered techniques").check()
    expect(page.locator(".matrix .cell.h0").first).to_be_visible()
    expect(page.locator("#detections-table tbody tr")).to_have_count(len(ours.rows))
