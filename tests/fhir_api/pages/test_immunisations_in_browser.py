"""The panel of immunisations in a real browser: one key away, by keyboard alone, on a narrow screen."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.fhir_api.pages.chart_citizens import STATION
from tests.fhir_api.pages.chart_serving import chart_app, load
from tests.fhir_api.pages.test_immunisations import child
from tests.serving import served


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    load(module_database, [[STATION], child()])
    with served(chart_app(module_database)) as address:
        yield address


@pytest.fixture(params=[320, 1280])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, viewport={"width": request.param, "height": 800})
    page = context.new_page()
    page.goto("/citizens/child")
    yield page
    context.close()


def test_whether_the_second_measles_dose_is_due_is_one_key_away(page: Page) -> None:
    page.keyboard.press("5")
    expect(page.locator("#immunisations")).to_be_focused()
    call = page.locator("#immunisations .calls .overdue").filter(has_text="Sởi – mũi 2")
    expect(call).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_finds_nothing_serious_in_the_panel(page: Page) -> None:
    """With every state: given, overdue, past the age group, after another dose, too old."""
    expect(page.locator("#immunisations .doses td.given")).to_have_count(2)
    found = Axe().run(page, context="#immunisations").response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_where_a_dose_was_given_opens_by_keyboard(page: Page) -> None:
    dose = page.locator("#immunisations .doses .given").last
    expect(dose).not_to_contain_text("MV-2509", use_inner_text=True)
    dose.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(dose).to_contain_text("Trạm Y tế xã Hướng Lập · Số lô MV-2509", use_inner_text=True)
