"""The console as analysts use it: in a browser, by keys, while alerts come in."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from asking import START, UNLIMITED, keep, some_findings, token
from patience import until
from raised_alerts import raised
from tocsin_server.app import application
from tocsin_server.console.app import ConsoleSite
from tocsin_server.database import Database, now_ms

pytestmark = pytest.mark.browser
HOSTILE = "<script>document.title = 'broken'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('console') / 'alerts.db'}")
    opened.upgrade()
    some_findings(opened, 8)
    keep(opened, [raised("h", START, user=HOSTILE, title=HOSTILE)])
    keep(opened, [raised("n", now_ms(), user="W" * 200, title="V" * 200)])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def address(database: Database) -> Iterator[str]:
    app = application(database, site=ConsoleSite("payments", "prod"), limits=UNLIMITED)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    app.state.feed.stop()
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def page(chromium: Browser, database: Database, address: str) -> Iterator[Page]:
    context = chromium.new_context(bypass_csp=False)
    opened = context.new_page()
    opened.goto(address)
    opened.get_by_label("Token").fill(token(database))
    opened.get_by_role("button", name="Sign in").click()
    expect(opened.locator("#queue")).to_be_visible()
    yield opened
    context.close()


def show(page: Page, address: str, path: str = "findings?state=any&text=Payout") -> Page:
    page.goto(f"{address}/console/{path}")
    return page


def test_a_finding_is_assigned_and_closed_by_keys(page: Page, address: str) -> None:
    show(page, address, "findings")
    page.keyboard.press("j")
    page.keyboard.press("j")
    marked = page.locator("tr.at")
    id_ = marked.get_attribute("data-finding")
    page.keyboard.press("a")
    expect(page.locator(f"#f-{id_}")).to_contain_text("a admin")
    page.keyboard.press("e")
    page.get_by_role("dialog").get_by_label("benign").check()
    page.get_by_role("dialog").get_by_label("Comment").fill("a drill")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator(f"#f-{id_}")).to_have_count(0)
    show(page, address, f"findings/{id_}")
    expect(page.locator(".history")).to_contain_text("closed, benign")
    expect(page.locator(".comment")).to_have_text("a drill")


def test_from_finding_to_finding_by_keys(page: Page, address: str) -> None:
    show(page, address)
    titles = page.locator(".queue th a").all_inner_texts()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_have_text(titles[0])
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text(titles[1])
    page.keyboard.press("k")
    expect(page.get_by_role("heading", level=1)).to_have_text(titles[0])
    page.keyboard.press("u")
    expect(page.locator("#queue")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_what_is_typed_filters_at_once(page: Page, address: str) -> None:
    show(page, address)
    page.keyboard.press("/")
    expect(page.get_by_label("Title has")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Payout 3")
    expect(page).to_have_url(re.compile(r"text=Payout(\+|%20)3"))
    expect(page.locator(".total")).to_have_text("1 finding")
    page.get_by_label("Name of this filter").fill("third")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="third", exact=True)).to_have_attribute(
        "aria-current", "page"
    )


def test_new_findings_are_announced_and_nothing_moves(
    page: Page, address: str, database: Database
) -> None:
    with page.expect_response("**/console/events"):
        show(page, address, "findings?text=Fresh")
    keep(database, [raised("f", now_ms(), user="zoe", title="Fresh one")])
    news = page.locator("#news")
    expect(news).to_have_text("Show 1 new", timeout=60_000)
    expect(page.locator(".queue")).to_have_count(0)
    page.keyboard.press("r")
    expect(page.get_by_role("link", name="Fresh one")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier_or_is_too_wide(
    chromium: Browser, page: Page, address: str, scheme: str
) -> None:
    state = page.context.storage_state()
    context = chromium.new_context(
        bypass_csp=True,
        storage_state=state,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 400, "height": 900},
    )
    opened, found = context.new_page(), list[str]()
    show(opened, address, "findings?state=any")
    paths = ["findings?state=any", "sign-in", "detections?days=90", "suppressions", "nothing"]
    paths += [f"findings/{opened.locator('[data-finding]').last.get_attribute('data-finding')}"]
    for path in paths:
        wide = show(opened, address, path).evaluate("document.documentElement.scrollWidth")
        for summary in opened.locator(".act > summary").all():
            summary.click()
        violations = Axe().run(opened).response["violations"]
        found += [f"{path}: {wide}"] if wide > 400 else []
        found += [
            f"{path}: {each['id']}: {each['nodes'][0]['html'][:160]}"
            for each in violations
            if each["impact"] in ("serious", "critical")
        ]
    context.close()
    assert found == []


def test_text_of_strangers_is_text(page: Page, address: str, tmp_path: Path) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    show(page, address, "findings?state=any&text=script")
    page.locator(".queue th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert page.title() != "broken"
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
    until(lambda: any("Content Security Policy" in each for each in said))
    with page.expect_download() as download:
        page.get_by_role("link", name="its bytes").click()
    kept = tmp_path / "alert.json"
    download.value.save_as(kept)
    assert kept.read_bytes().startswith(b"{")


def test_without_scripts_forms_do_it(chromium: Browser, page: Page, address: str) -> None:
    state = page.context.storage_state()
    context = chromium.new_context(java_script_enabled=False, storage_state=state)
    opened = show(context.new_page(), address)
    opened.locator(".queue th a").last.click()
    opened.get_by_label("true positive").check()
    opened.get_by_label("Close it").uncheck()
    opened.get_by_role("button", name="Save").click()
    expect(opened.locator(".facts")).to_contain_text("true positive")
    opened.locator("#silence summary").click()
    opened.locator("#silence").get_by_label("Reason").fill("a drill")
    opened.locator("#silence").get_by_role("button", name="Silence").click()
    expect(opened.get_by_role("row", name="a drill")).to_be_visible()
    opened.get_by_role("button", name="End").click()
    expect(opened.locator(".empty")).to_be_visible()
    context.close()
