"""The chart in a real browser: keyboard, pieces fetched by htmx, a plot, and nothing hostile that runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from fhir_api.pages.languages import LANGUAGES
from tests.fhir_api.pages.chart_citizens import HOSTILE, everybody
from tests.fhir_api.pages.chart_serving import chart_app, load
from tests.serving import served


@pytest.fixture(scope="module")
def address(module_database: str) -> Iterator[str]:
    load(module_database, everybody())
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


def test_the_banner_stays_in_view(page: Page) -> None:
    page.goto("/citizens/full")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(".banner h1")).to_be_in_viewport()
    expect(page.locator(".banner .allergies")).to_be_in_viewport()


def test_digits_select_panels_and_slash_goes_back_to_the_search(page: Page) -> None:
    page.goto("/citizens/full")
    for digit, panel in (("6", "results"), ("2", "problems"), ("9", "acts"), ("1", "visits")):
        page.keyboard.press(digit)
        expect(page.locator(f"#{panel}")).to_be_focused()
        expect(page.locator(f"#{panel} h2")).to_be_in_viewport()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("6")
    expect(page.locator("#search")).to_have_value("6")


def test_a_visit_opens_in_place_by_keyboard(page: Page) -> None:
    page.goto("/citizens/full")
    first = page.locator("#visits details").first
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(first.locator(".inside")).to_contain_text("Metformin 500 mg")
    assert page.url.endswith("/citizens/full")


def test_a_plot_is_drawn_on_demand_from_the_table(page: Page) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto("/citizens/full")
    assert not [url for url in fetched if "uplot" in url]
    rows = page.locator("#results .grid tbody tr")
    for _ in range(2):
        rows.filter(has_text="mmol/L").locator("a").click()
        expect(page.locator("#series h3")).to_have_text("Glucose máu (mmol/L) 2339-0")
        expect(page.locator("#series figure canvas")).to_be_visible()
        expect(page.locator("#series .scroll tbody tr")).to_have_count(3)
        rows.filter(has_text="mg/dL").locator("a").click()
        expect(page.locator("#series .scroll tbody tr")).to_have_count(1)
        expect(page.locator("#series figure")).to_have_count(0)
    rows.filter(has_text="mmol/L").locator("a").click()
    expect(page.locator("#series figure canvas")).to_be_visible()
    expect(page.locator("#series h3")).to_be_in_viewport()
    assert sum("uplot" in url and ".js" in url for url in fetched) == 1
    drawn = page.evaluate(
        """() => { const c = document.querySelector("#series canvas");
        return c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some(byte => byte > 0); }"""
    )
    assert drawn


def test_one_facility_in_place(page: Page) -> None:
    page.goto("/citizens/full")
    page.locator("#visits nav a").filter(has_text="Bệnh viện").click()
    expect(page.locator("#visits .timeline > li")).to_have_count(1)
    expect(page.locator("#visits nav a[aria-current]")).to_contain_text("Bệnh viện Đa khoa Khe Sanh")


def test_the_focus_stays_where_something_was_chosen(page: Page) -> None:
    page.goto("/citizens/full")
    chosen = page.locator("#visits nav a").filter(has_text="Bệnh viện")
    chosen.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#visits .timeline > li")).to_have_count(1)
    expect(chosen).to_be_focused()


def test_without_script_everything_is_a_page(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/citizens/full")
    page.locator("#results .grid tbody a").first.click()
    expect(page.locator("section.series h3")).to_contain_text("Glucose")
    page.get_by_text("Toàn bộ hồ sơ").click()
    page.locator("#visits details summary").first.click()
    page.locator("#visits details a").first.click()
    expect(page.locator("table.entries")).to_contain_text("Metformin 500 mg")
    context.close()


@pytest.mark.parametrize("place", ["", "/encounters/he", "/panels/results", "/panels/medicines"])
def test_nothing_hostile_runs(page: Page, place: str) -> None:
    page.goto(f"/citizens/hostile{place}")
    expect(page.locator("body")).to_contain_text(HOSTILE)
    assert page.evaluate("window.broken") is None
    assert page.locator("article img, article script").count() == 0


def top_of(page: Page, what: str) -> float:
    """Pixels from the top of the page."""
    box = page.locator(what).first.bounding_box()
    assert box
    return box["y"]


@pytest.mark.parametrize("size", [(360, 740), (390, 780)], ids=str)
def test_on_a_telephone_the_first_part_begins_half_way_down_the_first_screen(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    width, height = size
    page = browser.new_page(base_url=address, viewport={"width": width, "height": height})
    page.goto("/citizens/full")
    tops = [top_of(page, what) for what in ("h1", ".allergies", ".about", "nav.panels", "#visits h2")]
    assert tops == sorted(tops)
    assert tops[-1] < 0.55 * height
    moment = page.get_by_label("Xem hồ sơ như lúc")
    expect(moment).to_be_hidden()
    page.get_by_text("Hồ sơ như trước đây").click()
    expect(moment).to_be_visible()
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_a_desk_the_parts_stand_in_one_row_and_the_past_is_asked_for_at_once(
    page: Page, language: str
) -> None:
    page.goto(f"/citizens/full?lang={language}")
    chips = page.locator("nav.panels a")
    assert chips.count() == 9
    assert len({box["y"] for one in chips.all() if (box := one.bounding_box())}) == 1
    expect(page.locator(".moment input")).to_be_visible()
    expect(page.locator(".ask summary")).to_be_hidden()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_no_wider_than_the_screen(browser: Browser, address: str, width: int) -> None:
    for citizen in ("full", "hostile"):
        page = browser.new_page(base_url=address, viewport={"width": width, "height": 800})
        page.goto(f"/citizens/{citizen}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()
