"""The keyboard, and what stays in view: keys that pages name, places within a page, a banner that covers
nothing."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from fhir_api.pages.languages import catalogue
from tests.fhir_api.pages.every_page import everyone
from tests.fhir_api.pages.review_serving import Site

UNCOVERED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const banner = document.querySelector(".banner"), below = banner.getBoundingClientRect().bottom;
  if (!(banner.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING)) return "";
  const fits = box.height <= innerHeight - below;
  const free = fits ? box.top >= below - 1 && box.top < innerHeight : box.bottom > below;
  return free ? "" : `${one.outerHTML.slice(0, 80)} at ${box.top}, ${below}`;
}"""


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[Site]:
    with everyone(module_database) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh page; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def test_the_keyboard_alone_leads_from_a_name_to_a_result_and_back(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("ho van thu 1952")
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".banner h1")).to_be_visible()
    page.keyboard.press("6")
    expect(page.locator("#results")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#series h3")).to_contain_text("Glucose")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()


def test_every_key_of_a_page_is_told_as_the_page_calls_it(page: Page) -> None:
    page.goto("/citizens/full")
    page.keyboard.press("?")
    keys = page.locator("#keys")
    expect(keys).to_be_visible()
    for key, name in (
        ("/", "lookup.label"),
        ("1", "chart.panel.visits"),
        ("6", "chart.panel.results"),
        ("?", "site.keys"),
    ):
        line = keys.locator("dl > div").filter(has=page.get_by_text(key, exact=True))
        expect(line.locator("dd")).to_have_text(catalogue("vi")[name])
    named = page.evaluate("document.querySelectorAll('[data-key]').length")
    assert keys.locator("dl > div").count() == named + 3
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.get_by_role("button", name="Phím tắt").click()
    assert keys.locator("dl > div").count() == named + 3


def test_keys_are_told_in_english(page: Page) -> None:
    page.goto("/citizens/full?lang=en")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Medicines")


def test_no_key_acts_while_something_is_typed(page: Page) -> None:
    page.goto("/citizens/full")
    page.locator("#search").fill("")
    page.keyboard.type("6?9")
    expect(page.locator("#search")).to_have_value("6?9")
    expect(page.locator("#keys")).to_be_hidden()


def test_a_place_of_the_page_loads_nothing_and_is_one_step_back(page: Page) -> None:
    page.goto("/facilities")
    page.goto("/citizens/full")
    page.evaluate("window.stays = true")
    for key, panel in (("6", "results"), ("2", "problems")):
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(f"#{panel}$"))
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.evaluate("window.stays")
    page.evaluate("location.hash = '#acts'")
    page.go_back()
    assert page.evaluate("window.stays")
    page.go_back()
    expect(page.locator(".senders")).to_be_visible()


def test_a_page_that_a_look_up_replaced_comes_back(page: Page) -> None:
    page.goto("/facilities")
    page.keyboard.press("/")
    page.keyboard.type("lan")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    page.go_back()
    expect(page.locator(".senders")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(320, 640), (640, 360), (1280, 800)])
@pytest.mark.parametrize("who", ["full", "hostile", "denies", "bare"])
def test_the_banner_is_always_in_view_and_covers_nothing(
    page: Page, who: str, width: int, height: int
) -> None:
    """640 × 360 is what is left of 1280 × 720 at 200%."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"/citizens/{who}")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    for part in ("h1", ".allergies"):
        expect(page.locator(f".banner {part}")).to_be_in_viewport()
    expect(page.locator(".banner .allergies")).not_to_have_text("")
    assert page.locator(".banner").evaluate("one => one.offsetHeight") <= height * 0.46
    page.locator("a").last.focus()
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(UNCOVERED) == ""


@pytest.mark.parametrize("panel", ["visits", "medicines", "results", "acts"])
def test_what_an_address_leads_to_is_not_covered(page: Page, panel: str) -> None:
    page.set_viewport_size({"width": 640, "height": 360})
    page.goto(f"/citizens/full#{panel}")
    place = page.locator(f"#{panel} h2")
    expect(place).to_be_in_viewport()
    bottom = page.locator(".banner").evaluate("one => one.getBoundingClientRect().bottom")
    assert place.evaluate("one => one.getBoundingClientRect().top") >= bottom - 1


def test_the_deceased_are_shown_to_be(page: Page) -> None:
    page.goto("/citizens/denies")
    expect(page.locator(".banner .deceased")).to_contain_text("02/05/2026")


def test_whose_charts_were_opened_stands_on_the_first_page_until_the_browser_closes(
    browser: Browser, site: Site, page: Page
) -> None:
    for who in ("binh-1", "denies", "binh-1"):
        page.goto(f"/citizens/{who}")
    page.goto("/")
    names = page.locator(".recent [data-row] a")
    expect(names).to_have_text(["Hồ Văn Thử", "Lê Thị Mai"])
    page.keyboard.press("ArrowDown")
    expect(names.first).to_be_focused()
    [kept] = [one for one in page.context.cookies() if one.get("name") == "recent"]
    assert (kept.get("value"), kept.get("httpOnly"), kept.get("expires")) == ("binh-1~denies", True, -1)
    stored = page.evaluate("[{...localStorage}, {...sessionStorage}, document.cookie]")
    assert stored == [{}, {"htmx-current-path-for-history": "/"}, ""]
    page.get_by_role("button", name="Xóa danh sách này").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator(".recent")).to_have_count(0)


def test_a_slow_line_shows_the_first_view_within_ten_seconds(browser: Browser, site: Site) -> None:
    """32 kbit/s and a long way: the first page with an empty cache, then a chart. How long the line takes for
    what it has carried is worked out: a busy machine is no slow line."""
    speed, way = 4_000, 0.3  # bytes a second, and seconds there and back
    context = browser.new_context(base_url=site.address)
    page = context.new_page()
    line = context.new_cdp_session(page)
    carried: list[float] = []
    line.send("Network.enable")
    line.on("Network.loadingFinished", lambda told: carried.append(told["encodedDataLength"]))
    limits = {"latency": 1000 * way, "downloadThroughput": speed, "uploadThroughput": speed}
    line.send("Network.emulateNetworkConditions", {"offline": False, **limits})
    for address in ("/", "/citizens/full"):
        carried.clear()
        page.goto(address, timeout=120_000)
        expect(page.locator("#search")).to_be_visible()
        assert sum(carried) > 5_000
        assert sum(carried) / speed + 3 * way <= 10, "connection, page, and what the page asks for"
    context.close()
