"""Somebody who was at forty facilities, in a real browser: what is named at once, where the focus goes."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from fhir_api.pages.chart.timeline import FEW
from tests.fhir_api.pages.chart_citizens import condition, encounter, patient
from tests.fhir_api.pages.chart_serving import chart_app, load
from tests.fhir_api.pages.weights import weight
from tests.serving import served

FACILITIES = 40


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    numbers = range(FACILITIES)
    places = [
        {"resourceType": "Organization", "id": f"s{n}", "name": f"Trạm Y tế phường số {n}"} for n in numbers
    ]
    days = [f"{2025 + n // 28}-01-{n % 28 + 1:02}T08:00:00+07:00" for n in numbers]
    visits = [encounter(f"e{n}", "long", days[n], f"s{n}", f"Lý do {n}") for n in numbers]
    problems = [condition(f"c{n}", "long", f"e{n}", f"A{n:02}", f"Bệnh {n}") for n in numbers]
    load(module_database, [places, [patient("long", name=[{"text": "Hồ Thị Lâu"}]), *visits, *problems]])
    with served(chart_app(module_database)) as address:
        yield address


@pytest.fixture(params=[360, 1280])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, viewport={"width": request.param, "height": 800})
    page = context.new_page()
    page.goto("/citizens/long")
    yield page
    context.close()


def test_few_facilities_are_named_at_once_and_the_first_visit_is_in_view(page: Page) -> None:
    choices = page.locator("#visits nav.places a")
    expect(choices.filter(visible=True)).to_have_count(1 + FEW)
    page.locator("#visits").scroll_into_view_if_needed()
    page.get_by_text(f"Cơ sở khác ({FACILITIES - FEW})").click()
    expect(choices.filter(visible=True)).to_have_count(1 + FACILITIES)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heights = {box["height"] for one in choices.all() if (box := one.bounding_box())}
    assert max(heights) < 1.2 * min(heights)  # None is broken into two lines.


def test_a_facility_among_the_others_is_chosen_and_named_from_then_on(page: Page) -> None:
    page.get_by_text("Cơ sở khác").click()
    page.locator("#visits nav.places a").filter(has_text="phường số 13").click()
    expect(page.locator("#visits .timeline > li")).to_have_count(1)
    chosen = page.locator("#visits nav.places > a[aria-current]")
    expect(chosen).to_contain_text("phường số 13")
    expect(chosen).to_be_focused()


def test_after_more_visits_the_first_of_them_has_the_focus(page: Page) -> None:
    shown = page.locator("#visits .timeline > li:not(.more)").count()
    page.locator("#visits li.more a").focus()
    page.keyboard.press("Enter")
    first = page.locator("#visits .timeline > li").nth(shown)
    expect(first).to_be_focused()
    page.keyboard.press("Tab")
    expect(first.locator("summary")).to_be_focused()


def test_after_all_of_a_panel_it_has_the_focus(page: Page) -> None:
    page.locator("#problems a.all").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#problems a.all")).to_have_count(0)
    expect(page.locator("#problems")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#problems').contains(document.activeElement)")


def test_years_are_chosen_in_place(page: Page) -> None:
    page.get_by_label("Từ năm").focus()
    page.get_by_label("Từ năm").select_option("2026")
    heading = page.locator("#visits .timeline > li .head")
    expect(page.locator("#visits .timeline > li:not(.more)")).to_have_count(FACILITIES - 28)
    expect(heading.last).to_contain_text("01/01/2026")
    expect(page.get_by_label("Từ năm")).to_be_focused()
    page.locator("#visits nav.places > a").nth(1).click()
    expect(page.locator("#visits .timeline > li")).to_have_count(1)
    expect(page.get_by_label("Từ năm")).to_have_value("2026")
    page.get_by_label("Đến năm").select_option("2025")
    expect(page.locator("#visits")).to_contain_text("Không có lượt khám nào như đã chọn.")


def test_the_last_months_are_chosen_in_place(page: Page) -> None:
    page.get_by_label("Từ năm").focus()
    page.get_by_label("Từ năm").select_option("3 tháng qua")
    expect(page.locator("#visits")).to_contain_text("Không có lượt khám nào như đã chọn.")
    expect(page.get_by_label("Từ năm")).to_have_value("3m")
    expect(page.get_by_label("Từ năm")).to_be_focused()


def test_years_are_chosen_without_script(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/citizens/long")
    page.get_by_label("Đến năm").select_option("2025")
    page.get_by_role("button", name="Lọc").click()
    expect(page.locator("#visits .timeline > li .head").first).to_contain_text("28/01/2025")
    page.locator("#visits li.more a").click()
    expect(page.locator("#visits .timeline > li")).to_have_count(28 - 20)
    page.get_by_label("Từ năm").select_option("3 tháng qua")
    page.get_by_role("button", name="Lọc").click()
    expect(page.locator("#visits")).to_contain_text("Không có lượt khám nào như đã chọn.")
    expect(page.get_by_label("Từ năm")).to_have_value("3m")
    expect(page.get_by_label("Đến năm")).to_have_value("2025")
    context.close()


def test_a_chart_is_seen_before_its_scripts_are_there(browser: Browser, address: str) -> None:
    """What it is drawn from is 30 KB at most; its scripts come afterwards."""
    page = browser.new_page()
    page.goto(f"{address}/citizens/long")
    styles = page.locator("link[rel=stylesheet]").evaluate_all("links => links.map(one => one.href)")
    assert len(styles) > 3
    assert page.evaluate("[...document.scripts].every(one => one.src && one.defer)")
    page.close()
    with httpx.Client(headers={"Accept-Encoding": "gzip"}) as client:
        sizes = {one: weight(client, one) for one in (f"{address}/citizens/long", *styles)}
    assert sum(sizes.values()) <= 30_000, sizes


def test_paper_has_neither_header_nor_buttons(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".banner h1")).to_be_visible()
    for part in ("header.site", "nav.panels", "#visits form", "button", "li.more"):
        expect(page.locator(part).filter(visible=True)).to_have_count(0)
    assert page.locator("body").evaluate("one => getComputedStyle(one).color") == "rgb(29, 39, 51)"
