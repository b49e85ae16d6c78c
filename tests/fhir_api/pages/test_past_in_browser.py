"""The way into the past and about in it, in a real browser, with script and without, on screen and paper."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.fhir_api.pages.chart_serving import chart_app
from tests.fhir_api.pages.past_serving import STATION, load_story
from tests.serving import served


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    load_story(module_database)
    with served(chart_app(module_database)) as address:
        yield address


@pytest.fixture(params=[True, False], ids=["with script", "without"])
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    complaints: list[str] = []
    context = browser.new_context(
        base_url=address, viewport={"width": 1280, "height": 500}, java_script_enabled=request.param
    )
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def at_the_end(page: Page) -> None:
    page.locator("article > :last-child").last.scroll_into_view_if_needed()


def test_what_had_the_station_recorded_by_the_eighth(page: Page) -> None:
    """Four actions from the chart; then down to the resource, and back to today."""
    page.goto("/citizens/a")
    page.get_by_label("Xem hồ sơ như lúc").fill("08/03/2024")
    page.get_by_label("theo ghi nhận của").select_option(STATION)
    page.get_by_role("button", name="Xem", exact=True).click()
    banner = page.locator(".banner .then")
    expect(banner).to_contain_text("NHƯ LÚC hết ngày 08/03/2024")
    expect(banner).to_contain_text("chỉ những gì Trạm mới đã ghi")
    expect(page.locator("#problems")).to_contain_text("Sốt J00")
    at_the_end(page)
    expect(banner).to_be_in_viewport()
    page.locator("#problems .source").first.click()
    expect(page).to_have_url(
        f"{page.url.partition('/resources')[0]}/resources/Condition/c1/at/2024-03-08/by/{STATION}"
    )
    expect(banner).to_be_in_viewport()
    expect(page.locator("pre")).to_contain_text('"text": "Sốt"')
    at_the_end(page)
    expect(banner).to_be_in_viewport()
    page.get_by_text("Hồ sơ của người này").click()
    expect(banner).to_contain_text("NHƯ LÚC hết ngày 08/03/2024")
    page.get_by_text("Về hồ sơ hiện nay").click()
    expect(page.locator(".then")).to_have_count(0)
    expect(page.locator("#problems")).to_contain_text("Sốt xuất huyết")


def test_what_is_fetched_in_place_is_of_then(browser: Browser, address: str) -> None:
    page = browser.new_page(base_url=address, viewport={"width": 1280, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/citizens/a/at/2024-03-09")
    page.locator("#visit-va summary").click()
    expect(page.locator("#visit-va .inside")).to_contain_text("Sốt xuất huyết")
    page.locator("#results .grid tbody a").first.click()
    expect(page.locator("#series h3")).to_contain_text("Glucose")
    pieces = [url for url in asked if "/citizens/" in url]
    assert len(pieces) == 3
    assert all("/citizens/a/at/2024-03-09" in url for url in pieces)
    page.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("place", ["/citizens/a/at/9", "/resources/Patient/b/at/9"])
def test_the_past_is_no_wider_than_the_screen(browser: Browser, address: str, width: int, place: str) -> None:
    page = browser.new_page(base_url=address, viewport={"width": width, "height": 800})
    page.goto(place)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.broken") is None
    page.close()


def test_on_paper_every_sheet_begins_with_the_banner(browser: Browser, address: str) -> None:
    page = browser.new_page(base_url=address)
    page.goto("/citizens/a/at/9")
    printed = PdfReader(BytesIO(page.pdf(format="A5")))
    sheets = [" ".join(sheet.extract_text().split()) for sheet in printed.pages]
    assert len(sheets) > 1
    assert [sheet.count("NHƯ LÚC 09/03/2024 08:00") for sheet in sheets] == [1] * len(sheets)
    assert not any("Hồ sơ như trước đây" in sheet for sheet in sheets)
    page.close()
