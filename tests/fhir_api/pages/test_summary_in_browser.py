"""The summary in a real browser: on the screen, and printed."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.fhir_api.pages.chart_citizens import everybody
from tests.fhir_api.pages.chart_serving import chart_app, load
from tests.fhir_api.pages.test_summary import MANY, NAME
from tests.serving import served


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    load(module_database, [*everybody(), MANY])
    with served(chart_app(module_database)) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh page; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def printed(page: Page, citizen: str) -> list[str]:
    """What each page of paper says."""
    page.goto(f"/citizens/{citizen}/summary")
    reader = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    return [" ".join(one.extract_text().split()) for one in reader.pages]


def test_each_printed_page_says_whose_it_is(page: Page) -> None:
    pages = printed(page, "many")
    assert len(pages) > 1
    for number, said in enumerate(pages, 1):
        assert NAME.upper() in said
        assert "Sinh 03/02/1960" in said
        assert "Chưa ghi nhận thông tin về dị ứng" in said
        assert "Người in: chưa đăng nhập" in said
        assert f"{number} / {len(pages)}" in said


def test_the_facts_of_the_banner_are_printed_and_what_is_for_the_screen_is_not(page: Page) -> None:
    (said,) = printed(page, "full")
    for fact in (
        "HỒ VĂN THỬ",
        "Sinh 1952",
        "CCCD 045052000017",
        "BHYT GD4454500000017",
        "Dị ứng: Penicillin",
    ):
        assert fact in said
    for button in ("Tra cứu", "Tệp PDF", "English"):
        assert button not in said


def test_the_head_stays_in_view(page: Page) -> None:
    page.goto("/citizens/many/summary")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight / 2)")
    expect(page.locator(".summary h1")).to_be_in_viewport()
    expect(page.locator(".summary .allergies")).to_be_in_viewport()


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_is_no_wider_than_the_screen(browser: Browser, address: str, width: int) -> None:
    for citizen in ("full", "hostile", "many"):
        page = browser.new_page(base_url=address, viewport={"width": width, "height": 800})
        page.goto(f"/citizens/{citizen}/summary")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()
