"""What holds of every page, in a real browser: no wider than the screen; nothing that axe finds serious,
light and dark; nothing hostile that runs; readable without script; all of it in the chosen language."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from fhir_api.pages.languages import catalogue
from tests.fhir_api.pages.chart_citizens import glucose
from tests.fhir_api.pages.every_page import NO_PAGES, PAGES, PLACES, everyone, look_at, routes_to_look_at
from tests.fhir_api.pages.review_serving import Site

WIDTHS = (320, 768, 1280, 1920)
SIGHTS: Sequence[tuple[Literal["light", "dark"], int]] = (("light", 1280), ("dark", 1280), ("light", 320))
GRAVE = ("serious", "critical")
SHOWN = """() => [document.title].concat([...document.querySelectorAll("body, body *")].flatMap((one) => [
  ...[...one.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.data),
  ...["title", "aria-label", "placeholder", "alt"].map((name) => one.getAttribute(name) ?? ""),
]))"""
OWN_NAMES = {"English", "Tiếng Việt"}


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[Site]:
    with everyone(module_database) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh page; whatever the browser complains about fails the test, but for answers that refuse."""
    complaints: list[str] = []
    context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert [one for one in complaints if not re.search("status of (40[04]|412|422) ", one)] == []


def test_every_route_is_looked_at() -> None:
    """Add yours to PAGES of every_page.py, or to NO_PAGES with what it answers."""
    assert routes_to_look_at() == {*PAGES, *NO_PAGES}


@pytest.mark.parametrize("place", PLACES)
def test_no_page_is_wider_than_the_screen(page: Page, place: str) -> None:
    look_at(page, place)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_serious(page: Page, place: str) -> None:
    look_at(page, place)
    for scheme, width in SIGHTS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        assert grave_findings(page) == [], (scheme, width)


def grave_findings(page: Page) -> list[str]:
    """What axe finds serious on the page as it is now."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


def refused_note(page: Page, site: Site) -> None:
    page.goto("/citizens/full")
    page.locator("#notes summary").click()
    page.locator("#note").fill("Dặn tái khám")
    page.locator("#notes [name=by]").fill(" ")
    page.locator("#notes button").click()
    expect(page.get_by_role("alert").filter(has_text="người ghi")).to_be_visible()


def refused_correction(page: Page, site: Site) -> None:
    page.goto("/resources/Observation/g-e1/correction")
    correct(page, "không rõ")
    expect(page.get_by_role("alert")).to_be_focused()


def conflict(page: Page, site: Site) -> None:
    page.goto("/resources/Observation/g-e3/correction")
    site.state(glucose("g-e3", "full", "e3", "2026-08-01T08:00:00+07:00", 10.5))
    correct(page, "9,5")
    expect(page.locator(".clashes")).to_be_visible()


def correct(page: Page, value: str) -> None:
    page.get_by_label("Giá trị (mmol/L)").fill(value)
    page.get_by_label("Lý do sửa").fill("Gõ nhầm")
    page.get_by_label("Người ghi").fill("BS Lan")
    page.get_by_role("button", name="Lưu phần sửa").click()


def opened_details(page: Page, site: Site) -> None:
    page.goto("/citizens/hostile")
    closed = page.locator("main details:not([open]) > summary:visible")
    while left := closed.count():
        closed.first.click()
        expect(closed).not_to_have_count(left)


def series_in_place(page: Page, site: Site) -> None:
    page.goto("/citizens/full")
    page.locator("#results .grid tbody a").first.click()
    expect(page.locator("#series table")).to_be_visible()


def keys_told(page: Page, site: Site) -> None:
    page.goto("/citizens/full")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


DEEDS = (refused_note, refused_correction, conflict, opened_details, series_in_place, keys_told)
"""What somebody does on a page that shows more or something else then."""


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_axe_finds_nothing_serious_in_what_comes_of_it(
    page: Page, site: Site, deed: Callable[[Page, Site], None]
) -> None:
    deed(page, site)
    for scheme, width in SIGHTS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        assert grave_findings(page) == [], (scheme, width)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_hostile_runs(page: Page, place: str) -> None:
    look_at(page, place)
    assert page.evaluate("window.broken") is None
    assert page.title() != "1"
    assert page.locator(":is(img, script:not([src]), iframe, object, main :is(i, style))").count() == 0


@pytest.mark.parametrize("place", PLACES)
def test_every_page_reads_without_script(browser: Browser, site: Site, place: str) -> None:
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    page = context.new_page()
    look_at(page, place)
    expect(page.locator("main :is(h1, h2)").first).to_be_visible()
    expect(
        page.locator("[hx-get]:not(a[href], form[action], details:has(a[href]), [hx-trigger^=every])")
    ).to_have_count(0)
    context.close()


@pytest.mark.parametrize("place", PLACES)
def test_every_page_is_there_in_english(page: Page, place: str) -> None:
    """No text of the Vietnamese catalogue is left, neither to be seen nor to be heard."""
    page.goto("/?lang=en")
    look_at(page, place)
    shown = page.evaluate(SHOWN)
    vietnamese, english = catalogue("vi"), catalogue("en")
    foreign = {text for key, text in vietnamese.items() if text != english[key] and len(text) > 3} - OWN_NAMES
    said = {" ".join(text.split()) for text in shown}
    assert said & foreign - set(english.values()) == set()
