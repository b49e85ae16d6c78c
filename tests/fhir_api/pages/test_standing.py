"""What each part of a chart says of itself: as of when it is, and whether something may be missing; also of
parts that come later than the page."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import unescape

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from fhir_api.pages.chart.pages import NOTES, PANELS
from fhir_api.pages.formats import moment_text
from tests.fhir_api.pages.review_serving import Site
from tests.fhir_api.pages.running_place import DAILY, QUIET, running_place
from tests.fhir_api.pages.ward import result
from tests.stating import looking, value

PIECE = {"HX-Request": "true"}
AS_OF = re.compile(r"Tính đến (\d\d/\d\d/\d{4} \d\d:\d\d)")
INCOMPLETE = "HỒ SƠ CHƯA ĐẦY ĐỦ"


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[Site]:
    with running_place(module_database) as site:
        site.state(*(result(f"r{n}", "nam-1") for n in range(2)))
        yield site


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.address, timeout=60) as client:
        yield client


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A fresh page; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


@contextmanager
def parked(site: Site, citizen: str) -> Iterator[None]:
    """Somebody of whom something cannot be shown."""
    with looking(site.url) as connection:
        park = (
            "insert into views.parked select 'health_record', 1, subject, 3, 'KeyError'"
            " from citizens.person where id = %s"
        )
        connection.execute(park, [citizen])
        try:
            yield
        finally:
            connection.execute("delete from views.parked")


def recorded_last(site: Site) -> str:
    """When the last fact was recorded that charts show, as pages tell it."""
    return moment_text(value(site.url, "select last_updated from health_record.progress"))


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def heads(html: str) -> Sequence[str]:
    """What stands above each panel, and above all values of a measurement."""
    return re.findall(r"(?s)<header>(.*?)</header>", html)


def test_every_panel_tells_its_moment_and_how_many_are_silent(site: Site, client: httpx.Client) -> None:
    html = client.get("/citizens/nam-1").text
    assert len(heads(html)) == len(PANELS) + 1
    for head in heads(html):
        assert text_of(head).endswith(f"Tính đến {recorded_last(site)} · 1 cơ sở im lặng")
        assert '<a href="#standing">1 cơ sở im lặng</a>' in head
    assert html.count('id="standing"') == 1


@pytest.mark.parametrize("panel", [*PANELS, NOTES])
def test_a_panel_alone_names_the_silent_as_a_page_and_as_a_piece(client: httpx.Client, panel: str) -> None:
    for headers in ({}, PIECE):
        html = client.get(f"/citizens/nam-1/panels/{panel}", headers=headers).text
        (head,) = heads(html)
        assert AS_OF.search(head)
        assert 'href="#standing"' in head
        (standing,) = re.findall(r'(?s)<div id="standing".*?</div>', html)
        assert f"có thể còn thiếu: {QUIET} (gửi gần nhất" in text_of(standing)
        assert ("hx-swap-oob" in standing) == (headers == PIECE)


def test_where_nobody_is_silent_there_is_no_mark(client: httpx.Client) -> None:
    html = client.get("/citizens/lan-2").text
    assert all(re.search(r"Tính đến \S+ \d\d:\d\d$", text_of(head)) for head in heads(html))
    assert "1 cơ sở chưa rõ nhịp" in text_of(html)


def test_what_may_be_missing_is_marked_in_every_panel(site: Site, client: httpx.Client) -> None:
    with parked(site, "lan-1"):
        html = client.get("/citizens/lan-1").text
        piece = client.get("/citizens/lan-1/panels/problems", headers=PIECE).text
    assert len(heads(html)) == len(PANELS) + 1
    assert all('<a href="#standing">chưa đầy đủ</a>' in head for head in (*heads(html), *heads(piece)))
    assert html.count('role="alert"') == 1
    assert INCOMPLETE in text_of(piece)
    assert 'role="alert"' not in piece, "a browser would read it out with every piece"


def test_a_chart_as_it_was_tells_that_moment_and_no_silence_of_today(
    site: Site, client: httpx.Client
) -> None:
    recorded = value(site.url, "select last_updated from record.facts where notification_id = 40")
    html = client.get("/citizens/nam-1/at/40").text
    assert len(heads(html)) == len(PANELS) + 1
    assert {text_of(head).partition("Tính đến ")[2] for head in heads(html)} == {moment_text(recorded)}


def test_in_english(client: httpx.Client) -> None:
    (head,) = heads(client.get("/citizens/nam-1/panels/visits?lang=en", headers=PIECE).text)
    assert re.search(r"As of [\d/]+ [\d:]+ · silent facilities: 1$", text_of(head))


def test_what_is_fetched_in_place_tells_its_own_moment(site: Site, page: Page) -> None:
    with looking(site.url) as connection:
        connection.execute(
            "update health_record.progress set last_updated = last_updated - interval '1 hour'"
        )
    before = recorded_last(site)
    page.goto("/citizens/nam-1")
    site.state(result("late", "lan-2"))
    after = f"Tính đến {recorded_last(site)}"
    assert before not in after
    page.locator("#visits nav.places a").filter(has_text=DAILY).click()
    expect(page.locator("#visits > header")).to_contain_text(after)
    expect(page.locator("#problems > header")).to_contain_text(f"Tính đến {before}")
    page.locator("#results .grid tbody a").first.click()
    expect(page.locator("#series header")).to_contain_text(after)
    expect(page.locator("#results > header")).to_contain_text(f"Tính đến {before}")
    page.locator("#visits summary").first.click()
    expect(page.locator("#visits .inside").first).to_contain_text(after)
    page.locator("#visits nav.places a").first.click()
    page.locator("#visits li.more a").click()
    expect(page.locator("#visits li.more").first).to_have_text(after)


def test_what_is_fetched_in_place_brings_what_its_mark_leads_to(site: Site, page: Page) -> None:
    page.goto("/citizens/nam-1")
    expect(page.locator("#standing")).not_to_contain_text(INCOMPLETE)
    with parked(site, "nam-1"):
        page.locator("#visits nav.places a").filter(has_text=DAILY).click()
        expect(page.locator("#visits > header")).to_contain_text("chưa đầy đủ")
    expect(page.locator("#standing")).to_have_count(1)
    expect(page.locator("#standing")).to_contain_text(INCOMPLETE)
    expect(page.locator("#standing")).to_contain_text(QUIET)
    page.locator("#visits > header a").first.click()
    expect(page.locator("#standing")).to_be_focused()
    expect(page.locator("#standing")).to_be_in_viewport()


def test_marks_and_moments_are_seen_at_320_pixels_and_on_paper(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto("/citizens/nam-1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.emulate_media(media="print")
    moments = page.locator("section > header > p").filter(visible=True)
    expect(moments).to_have_count(len(PANELS) + 1)
    expect(page.locator("#standing")).to_contain_text(QUIET)


def test_a_panel_is_called_by_its_heading_alone(page: Page) -> None:
    """Who jumps from heading to heading does not hear every time as of when they are."""
    page.goto("/citizens/nam-1")
    for panel in (*PANELS, NOTES):
        expect(page.locator(f"#{panel}")).not_to_have_accessible_name(re.compile("Tính đến"))
