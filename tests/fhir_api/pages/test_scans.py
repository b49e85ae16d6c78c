"""The search box and a scanner that poses as a keyboard: real events of keys, in a browser whose clock the
test holds, so that a slow machine types no slower."""

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, expect

HOA = "045190000017"
CARD = f"{HOA}||Nguyễn Thị Hoa|15051990|Nữ|Thôn Mẫu, Hướng Lập, Hướng Hóa, Quảng Trị|01072021"
PLAIN_CARD = f"{HOA}||Nguyen Thi Hoa|15051990|Nu|Thon Mau, Huong Lap, Huong Hoa, Quang Tri|01072021"
TELEX_CARD = f"{HOA}||Nguyeenx Thij Hoa|15051990|Nuwx|Thoon Maaux, Huowngs Laapj|01072021"
INSURANCE = (
    "GD4454500000017|4e677579e1bb856e20546869|15/05/1990|2|5468c3b46e|45 - 001|01/01/2026|-|20/12/2025|45|-"
    "|K2|01/2024|$"
)
ZONE = ("IDVNM1900000174045190000017<<1", "9005156F3005154VNM<<<<<<<<<<<0", "NGUYEN<<THI<HOA<<<<<<<<<<<<<<<")
COMPOSED = {"aa": "â", "ee": "ê", "oo": "ô", "dd": "đ", "uw": "ư", "ow": "ơ", "aw": "ă"}
SILENCE = 250
NOTING = """() => {  // The body goes to its top with what was found.
  window.moved = [];
  const look = Element.prototype.scrollIntoView;
  Element.prototype.scrollIntoView = function (...all) {
    if (this !== document.body) window.moved.push(this.id);
    look.apply(this, all);
  };
}"""


@pytest.fixture
def looked_up() -> list[str]:
    """Texts that were sent, in order."""
    return []


@pytest.fixture
def page(site: str, browser: Browser, looked_up: list[str]) -> Iterator[Page]:
    """The first page; the time stands still while keys are pressed."""
    context = browser.new_context(base_url=site)
    page = context.new_page()
    page.clock.install(time=0)
    page.on("request", lambda request: note(looked_up, request.url, request.post_data))
    page.goto("/")
    pause(page)
    yield page
    context.close()


def pause(page: Page) -> None:
    """The time stands still, a second from now."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)


def note(looked_up: list[str], url: str, sent: str | None) -> None:
    if url.endswith("/lookup") and sent:
        looked_up.extend(parse_qs(sent)["text"])


def silence(page: Page) -> None:
    """As long as a scan takes to be over; then what htmx has to do."""
    page.clock.run_for(SILENCE)


def shown(page: Page) -> None:
    """Until an answer is there."""
    page.clock.resume()
    expect(page.get_by_role("status")).to_be_visible()


def composing(page: Page, text: str) -> None:
    """As Telex types it: a second letter takes the first one away and both become one."""
    done = ""
    for letter in text:
        pair = (done[-1:] + letter).lower()
        if pair in COMPOSED:
            page.keyboard.press("Backspace")
            page.keyboard.insert_text(COMPOSED[pair])
            done = ""
        else:
            page.keyboard.type(letter)
            done = letter


@pytest.mark.parametrize("text", [CARD, PLAIN_CARD, INSURANCE, HOA, "TE1454500000017", "]Q3" + PLAIN_CARD])
def test_a_scan_is_looked_up_by_itself(page: Page, looked_up: list[str], text: str) -> None:
    page.keyboard.type(text)
    assert looked_up == []
    silence(page)
    shown(page)
    assert looked_up == [text]


def test_lost_accents_and_keystrokes_of_telex_find_the_same_person(page: Page, looked_up: list[str]) -> None:
    for text in (CARD, PLAIN_CARD, TELEX_CARD):
        page.keyboard.type(text)
        silence(page)
        shown(page)
        expect(page.locator("[data-row] a")).to_have_attribute("href", "/citizens/hoa")
        pause(page)
    assert looked_up == [CARD, PLAIN_CARD, TELEX_CARD]


def test_telex_that_is_switched_on(page: Page, looked_up: list[str]) -> None:
    composing(page, TELEX_CARD)
    silence(page)
    shown(page)
    assert [text.count("|") for text in looked_up] == [6]
    expect(page.locator("[data-row] a")).to_have_attribute("href", "/citizens/hoa")


@pytest.mark.parametrize("suffix", [["Enter"], ["Tab"], ["Enter", "Control+j"], ["Enter", "Enter"]])
def test_what_a_scanner_sends_at_the_end_looks_up_once(
    page: Page, looked_up: list[str], suffix: Sequence[str]
) -> None:
    page.keyboard.type(PLAIN_CARD)
    for key in suffix:
        page.keyboard.press(key)
    silence(page)
    shown(page)
    expect(page.locator("[data-row] a")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("hoang")
    page.keyboard.press("Enter")
    expect(page.locator("[data-row] a")).to_have_attribute("href", "/citizens/hoang")
    assert looked_up == [PLAIN_CARD, "hoang"]


def test_lines_that_are_sent_apart_are_one_scan(page: Page, looked_up: list[str]) -> None:
    for line in ZONE:
        page.keyboard.type(line)
        page.keyboard.press("Enter")
    silence(page)
    shown(page)
    assert looked_up == [" ".join(ZONE)]
    expect(page.locator("[data-row] a")).to_have_attribute("href", "/citizens/hoa")


def test_a_scan_takes_the_place_of_what_stood_in_the_box(page: Page, looked_up: list[str]) -> None:
    for _ in range(2):
        page.keyboard.type(PLAIN_CARD)
        silence(page)
        shown(page)
        page.locator("#search").focus()
        pause(page)
    assert looked_up == [PLAIN_CARD, PLAIN_CARD]


def test_fingers_are_no_scanner(page: Page, looked_up: list[str]) -> None:
    """Nothing is looked up before Enter: what is half typed is not found."""
    for letter in HOA:
        page.keyboard.type(letter)
        page.clock.run_for(90)
    silence(page)
    expect(page.locator("#search")).to_have_value(HOA)
    expect(page.locator(".welcome")).to_be_visible()
    assert looked_up == []
    page.keyboard.press("Enter")
    shown(page)
    assert looked_up == [HOA]


@pytest.mark.parametrize("text", ["nguyen thi hoa", "hoa 15/05/1990"])
def test_what_is_no_code_waits_for_enter(page: Page, looked_up: list[str], text: str) -> None:
    page.keyboard.type(text)
    silence(page)
    assert looked_up == []
    page.keyboard.press("Enter")
    shown(page)
    assert looked_up == [text]


def test_what_is_pasted_waits_for_enter(page: Page, looked_up: list[str]) -> None:
    page.keyboard.insert_text(PLAIN_CARD)
    silence(page)
    assert looked_up == []


class TestFromElsewhere:
    """The focus is on a chart, whose keys choose panels."""

    @pytest.fixture
    def chart(self, page: Page) -> Page:
        page.clock.resume()
        page.goto("/citizens/hoa")
        pause(page)
        page.evaluate(NOTING)
        return page

    @pytest.mark.parametrize("text", [CARD, INSURANCE])
    @pytest.mark.parametrize("place", ["body", "#results", "nav.panels a >> nth=2"])
    def test_a_scan_goes_to_the_box_and_presses_no_key_of_the_page(
        self, chart: Page, looked_up: list[str], place: str, text: str
    ) -> None:
        chart.locator(place).focus()
        chart.keyboard.type(text)
        chart.keyboard.press("Enter")
        silence(chart)
        assert chart.evaluate("window.moved") == []
        shown(chart)
        assert looked_up == [text]

    def test_keys_of_the_page_act_after_a_moment(self, chart: Page, looked_up: list[str]) -> None:
        chart.keyboard.press("6")
        chart.clock.run_for(80)
        expect(chart.locator("#results")).to_be_focused()
        chart.keyboard.press("2")
        chart.keyboard.press("9")
        chart.clock.run_for(80)
        expect(chart.locator("#acts")).to_be_focused()
        assert looked_up == []

    def test_a_key_that_is_kept_down_is_no_scan(self, chart: Page) -> None:
        for _ in range(8):
            chart.keyboard.down("6")
        chart.keyboard.up("6")
        chart.clock.run_for(80)
        expect(chart.locator("#results")).to_be_focused()
        expect(chart.locator("#search")).to_have_value("")

    def test_a_scan_while_the_keys_are_shown(self, chart: Page, looked_up: list[str]) -> None:
        chart.keyboard.press("?")
        expect(chart.locator("#keys")).to_be_visible()
        chart.keyboard.type(PLAIN_CARD)
        silence(chart)
        shown(chart)
        assert looked_up == [PLAIN_CARD]
        expect(chart.locator("#keys")).to_be_hidden()
